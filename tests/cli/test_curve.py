"""curve: a table and a file of scores with fewer speakers or labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paralbench.cli.main import main
from paralbench.records.learning_curve import LearningCurve
from tests.evaluation import toy


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    catalog = toy.write_catalog(tmp_path / "catalog")
    data = toy.write_corpus(tmp_path / "data")
    return [
        "curve", "--catalog", str(catalog), "--data", f"toy={data}", "--task", "toy-tone",
        "--model", "bands", "--draws", "2", "--results", str(tmp_path / "results"),
        "-o", str(tmp_path / "curves"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_table_and_a_file_are_written(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked) == 0
    text = capsys.readouterr().out
    assert "toy-tone  bands  linear-probe, chance 0.500" in text
    assert "1 speaker " in text
    assert "2 labels a class" in text
    file = tmp_path / "curves" / "bands" / "toy-tone" / "linear-probe.json"
    learned = LearningCurve.from_json(file)
    assert {point.by for point in learned.points} == {"speakers", "labels"}
    assert not (tmp_path / "results").exists()
    assert main([*asked, "--vary", "speakers", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert {point["by"] for point in document["points"]} == {"speakers"}
    assert document["points"] == [
        point.model_dump() for point in learned.points if point.by == "speakers"
    ]


def test_no_draws_are_refused(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    asked[asked.index("--draws") + 1] = "0"
    assert main(asked) == 2
    assert "--draws expects 1 or more" in capsys.readouterr().err
