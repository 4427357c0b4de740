"""The verb that compares training as it is with balanced training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
