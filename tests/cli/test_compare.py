"""compare: what is of the same examples is compared, anything else is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paralbench.cli.main import main
from tests.leaderboard.boards import predictions, store


def _compared(
    capsys: pytest.CaptureFixture[str], *files: Path, **more: str
) -> list[dict[str, Any]]:
    options = [word for name, value in more.items() for word in (f"--{name}", value)]
    assert main(["compare", *map(str, files), "--json", *options]) == 0
    document: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return document


def test_two_results_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, poor = (
        store(tmp_path, model, predictions(skill, seed))
        for seed, (model, skill) in enumerate((("good", 3.0), ("poor", 0.0)))
    )
    (output,) = _compared(capsys, good, poor)
    paired = output["paired"]
    values = [json.loads(file.read_text())["scores"][0]["value"] for file in (good, poor)]
    assert paired["difference"] == pytest.approx(values[0] - values[1])
    assert paired["interval"]["low"] > 0
    assert output["p_adjusted"] == paired["p"] < 0.01
    assert paired["test"].endswith("/exact")
    assert len(paired["by_seed"]) == 2
    assert 0 < paired["detectable"] < paired["difference"]
    (turned,) = _compared(capsys, poor, good)
    assert turned["paired"]["difference"] == -paired["difference"]
    assert main(["compare", str(good), str(poor)]) == 0
    text = capsys.readouterr().out
    assert "toy-tone (UAR), 96 test examples, 12 clusters" in text
    assert "four of five" in text


def test_of_many_every_pair_is_and_p_is_corrected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [store(tmp_path, f"m{n}", predictions(n / 2, n)) for n in range(3)]
    holm = _compared(capsys, *entries)
    other = _compared(capsys, *entries, correction="benjamini-hochberg")
    assert len(holm) == 3
    assert all(item["p_adjusted"] >= item["paired"]["p"] for item in holm)
    assert sum(item["p_adjusted"] for item in other) <= sum(item["p_adjusted"] for item in holm)
    assert min(item["p_adjusted"] for item in holm) == pytest.approx(
        min(1.0, 3 * min(item["paired"]["p"] for item in holm))
    )


def test_another_metric_can_be_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [store(tmp_path, f"m{n}", predictions(1.0, n)) for n in range(2)]
    (output,) = _compared(capsys, *entries, metric="auroc")
    assert output["paired"]["metric"] == "auroc"
    assert main(["compare", *map(str, entries), "--metric", "rmse"]) == 3
    assert "'rmse' is for a number, the target is a class" in capsys.readouterr().err
    assert main(["compare", *map(str, entries), "--metric", "beauty"]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [({"task_version": 2}, "version of the task differs (1, 2)"),
     ({"task": "toy-other"}, "task differs (toy-tone, toy-other)")],
)  # fmt: skip
def test_what_is_of_another_task_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], words: str
) -> None:
    item = store(tmp_path, "a", predictions(1.0))
    other = store(tmp_path, "b", predictions(1.0), **change)
    assert main(["compare", str(item), str(other)]) == 2
    assert words in capsys.readouterr().err


def test_what_is_of_other_examples_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = store(tmp_path, "a", predictions(1.0))
    fewer = store(tmp_path, "b", predictions(1.0, clusters=11))
    assert main(["compare", str(item), str(fewer)]) == 2
    assert "8 examples were scored in one of them only" in capsys.readouterr().err
    turned = store(tmp_path, "c", predictions(1.0), names=[f"e{n:04}" for n in reversed(range(96))])
    assert main(["compare", str(item), str(turned)]) == 2
    assert "not the same truth, steps or speakers" in capsys.readouterr().err


def test_data_that_were_read_otherwise_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item, other = (store(tmp_path, name, predictions(1.0)) for name in "ab")
    document = json.loads(other.read_text())
    document["data"]["fingerprint"] = "0" * 64
    other.write_text(json.dumps(document))
    assert main(["compare", str(item), str(other)]) == 2
    assert "fingerprint of the data differs" in capsys.readouterr().err


def test_missing_and_foreign_predictions_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item, other = (store(tmp_path, name, predictions(1.0)) for name in "ab")
    other.with_suffix(".parquet").write_bytes(b"PAR1")
    assert main(["compare", str(item), str(other)]) == 3
    assert "not the predictions the result was made from" in capsys.readouterr().err
    other.with_suffix(".parquet").unlink()
    assert main(["compare", str(item), str(other)]) == 3
    assert "are missing" in capsys.readouterr().err


def test_one_is_no_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(store(tmp_path, "a", predictions(1.0)))]) == 2
    assert "two results or more" in capsys.readouterr().err
    assert main(["compare", "no.json", "no.json"]) == 2
    assert "there is no file no.json" in capsys.readouterr().err
