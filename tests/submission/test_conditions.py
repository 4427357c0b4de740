"""Scores under conditions are made again from their predictions."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paralbench.catalog import Catalog
from paralbench.results import files
from paralbench.submission.packing import pack
from paralbench.submission.validation import Report, validate
from tests.evaluation import toy

CONDITIONS = ["white-0", "gain-20"]
RESULT = Path("bands/toy-tone/linear-probe.json")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Path]:
    """A catalogue, and a folder of one result under two conditions."""
    root = tmp_path_factory.mktemp("conditions")
    folder, data = toy.write_catalog(root / "catalog"), toy.write_corpus(root / "data")
    toy.score(
        folder, data, root / "work", heads=["linear-probe"], seeds=(0,), under=CONDITIONS
    )  # fmt: skip
    return Catalog([folder]), root / "work" / "results"


@pytest.fixture
def copied(good: tuple[Catalog, Path], tmp_path: Path) -> Path:
    shutil.copytree(good[1], tmp_path / "results")
    return tmp_path / "results"


def _document(results: Path, change: Callable[[dict[str, Any]], None]) -> None:
    file = results / RESULT
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def _problems(report: Report) -> list[str]:
    return list(map(str, report.problems))


def test_a_run_stores_them_and_they_are_packed(good: tuple[Catalog, Path], tmp_path: Path) -> None:
    catalog, results = good
    result = files.read(results / RESULT)
    assert [item.condition for item in result.conditions] == CONDITIONS
    assert result.conditions_sha256 is not None
    report = validate(results, catalog)
    assert _problems(report) == []
    assert not report.notes
    assert not pack("bands", results, catalog, tmp_path / "bands.zip").problems


def test_a_better_score_is_refused(good: tuple[Catalog, Path], copied: Path) -> None:
    def better(document: dict[str, Any]) -> None:
        document["conditions"][0]["score"]["value"] += 0.1

    _document(copied, better)
    (problem, *_) = _problems(validate(copied, good[0]))
    assert "conditions.0.score.value" in problem
    assert "from the predictions" in problem


def test_better_predictions_without_a_score_for_them_are_refused(
    good: tuple[Catalog, Path], copied: Path
) -> None:
    place = files.conditions_path(copied / RESULT)
    table = pq.read_table(place)
    words = ["low" if word == "high" else "high" for word in table["predicted"].to_pylist()]
    buffer = io.BytesIO()
    pq.write_table(table.set_column(1, "predicted", pa.array(words)), buffer)
    place.write_bytes(buffer.getvalue())
    assert any("conditions_sha256" in item for item in _problems(validate(copied, good[0])))

    def named(document: dict[str, Any]) -> None:
        import hashlib

        document["conditions_sha256"] = hashlib.sha256(buffer.getvalue()).hexdigest()

    _document(copied, named)
    assert any("conditions.0.score" in item for item in _problems(validate(copied, good[0])))


def test_a_condition_that_is_left_out_is_noticed(good: tuple[Catalog, Path], copied: Path) -> None:
    _document(copied, lambda document: document["conditions"].pop(0))
    (problem,) = _problems(validate(copied, good[0]))
    assert "has no score of 'white-0'" in problem


def test_missing_predictions_are_named(good: tuple[Catalog, Path], copied: Path) -> None:
    files.conditions_path(copied / RESULT).unlink()
    (problem,) = _problems(validate(copied, good[0]))
    assert "linear-probe.conditions.parquet are missing" in problem


def test_a_result_from_before_they_were_stored_gets_a_note(
    good: tuple[Catalog, Path], copied: Path
) -> None:
    _document(copied, lambda document: document.pop("conditions_sha256"))
    files.conditions_path(copied / RESULT).unlink()
    report = validate(copied, good[0])
    assert _problems(report) == []
    assert any("2 scores under conditions are without" in note for note in report.notes)
