"""The verb that compares training as it is with balanced training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.cli.main import main
from tests.screener.screeners import lab

Capture = pytest.CaptureFixture[str]


@pytest.mark.slow
def test_labels_scores_gaps_and_thresholds(tmp_path: Path, capsys: Capture) -> None:
    site = lab(tmp_path / "lab")
    verb = [
        "fairness", "--task", "toy-tone", "--model", "bands", "--data", f"toy={site.data}",
        "--catalog", str(site.catalog), "--set", "inner_folds=3",
    ]  # fmt: skip
    assert main([*verb, "--by", "sex", "--thresholds", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["labels"]["female"]["low"] == {"speakers": 7, "examples": 7}
    methods = [training["method"] for training in content["trainings"]]
    assert methods == ["linear-probe", "reweight", "group-robust"]
    assert content["trainings"][0]["change"] is None
    assert {row["group"] for row in content["thresholds"]} == {"female", "male"}
    plain, *others = content["trainings"]
    for other in others:
        assert other["score"]["value"] - plain["score"]["value"] == pytest.approx(
            other["change"]["difference"]
        )
        cells = [
            {cell["value"]: cell["score"] for cell in training["subgroup"]["cells"]}
            for training in (plain, other)
        ]
        gap = plain["subgroup"]["gap"]
        before, after = (each[gap["high"]] - each[gap["low"]] for each in cells)
        assert other["gap_change"]["value"] == pytest.approx(after - before)
    assert main([*verb, "--by", "sex"]) == 0
    text = capsys.readouterr().out
    assert "labels by sex: examples (speakers)" in text
    assert "own threshold" not in text


def test_an_attribute_that_nobody_has_is_refused(tmp_path: Path, capsys: Capture) -> None:
    site = lab(tmp_path / "lab")
    verb = [
        "fairness", "--task", "toy-tone", "--model", "bands", "--data", f"toy={site.data}",
        "--catalog", str(site.catalog), "--by", "site",
    ]  # fmt: skip
    assert main(verb) == 3
    assert "no two groups of 'site'" in capsys.readouterr().err


def test_own_recordings_are_dealt_to_folds_as_asked(tmp_path: Path, capsys: Capture) -> None:
    """Where all speakers say the same texts, only --groups or --folds lets the run go on."""
    random = np.random.default_rng(0)
    table = ["path,target,speaker,text,sex"]
    for speaker in range(8):
        for target in ("high", "low"):
            file = tmp_path / f"{speaker}-{target}.wav"
            tone = np.sin(np.arange(8000) * (0.3 if target == "high" else 0.05))
            soundfile.write(file, 0.2 * tone + 0.01 * random.standard_normal(8000), 16000)
            table.append(f"{file.name},{target},s{speaker},{target},{'fm'[speaker % 2]}")
    (tmp_path / "clips.csv").write_text("\n".join(table) + "\n")
    verb = [
        "fairness", "--task", "manifest", "--data", str(tmp_path / "clips.csv"), "--by", "sex",
        "--model", "log-mel", "--cache", str(tmp_path / "cache"),
    ]  # fmt: skip
    assert main(verb) == 3
    assert "--groups speaker lets texts repeat" in capsys.readouterr().err
    assert main([*verb, "--groups", "speaker", "--folds", "4"]) == 0
    assert "labels by sex: examples (speakers)" in capsys.readouterr().out
