"""power: the size of a test set for two results, or for a result and the best null."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paralbench.cli.main import main
from tests.leaderboard.boards import predictions, store


def _sized(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["power", *arguments, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_two_results_are_sized(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, poor = (
        str(store(tmp_path, model, predictions(skill, seed)))
        for seed, (model, skill) in enumerate((("good", 1.0), ("poor", 0.0)))
    )
    size = _sized(capsys, good, poor)
    assert (size["ours"]["model"], size["theirs"]["model"]) == ("good", "poor")
    assert size["clusters"] == 12
    assert size["difference"] == size["observed"] > 0
    assert 6 <= size["needed"]["low"] <= size["needed"]["value"]
    assert main(["compare", good, poor, "--json"]) == 0
    (compared,) = json.loads(capsys.readouterr().out)
    assert size["observed"] == pytest.approx(compared["paired"]["difference"])
    small = _sized(capsys, good, poor, "--difference", "0.01", "--power", "0.9")
    assert small["needed"]["value"] > size["needed"]["value"]
    assert main(["power", good, poor]) == 0
    text = capsys.readouterr().out
    assert "toy-tone (UAR), 12 clusters" in text
    assert "detectable with 12" in text


def test_one_result_is_sized_against_the_best_null(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = str(store(tmp_path, "entry", predictions(1.0)))
    arguments = [entry, "--results", str(tmp_path)]
    assert main(["power", *arguments]) == 2
    assert "no null of task 'toy-tone'" in capsys.readouterr().err
    for number, (model, skill) in enumerate((("null-a", 0.0), ("null-b", 0.5))):
        store(tmp_path, model, predictions(skill, number + 1), standing="null")
    store(tmp_path, "null-c", predictions(2.0, clusters=11), standing="null")
    store(tmp_path, "rival", predictions(3.0, 5))
    assert _sized(capsys, *arguments)["theirs"]["model"] == "null-b"


def test_wrong_usage_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = str(store(tmp_path, "entry", predictions(1.0)))
    other = str(store(tmp_path, "other", predictions(0.0, 1), task="toy-other"))
    assert main(["power", entry, other]) == 2
    assert "task differs" in capsys.readouterr().err
    assert main(["power", entry, entry, entry]) == 2
    assert "one result or two" in capsys.readouterr().err
    assert main(["power", entry, entry, "--level", "0.9"]) == 2
    assert "more than the level" in capsys.readouterr().err
    assert main(["power", "no.json"]) == 2
    with pytest.raises(SystemExit):
        main(["power", entry, entry, "--difference", "0"])
