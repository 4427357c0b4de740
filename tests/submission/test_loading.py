"""Tables and texts that would exhaust the reader are refused before they are read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paralbench.submission import loading, validation
from paralbench.submission.validation import validate
from tests.submission import spoiling


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> spoiling.Good:
    return spoiling.good(tmp_path_factory.mktemp("good"))


def _problems(good: spoiling.Good, files: spoiling.Files, folder: Path) -> list[str]:
    report = validate(spoiling.write(folder, files), good.catalog)
    return [*map(str, report.problems), *([f"{report.more} more"] if report.more else [])]


def _long_string(good: spoiling.Good) -> spoiling.Files:
    """A string of 200 MB in a file of a few kilobytes."""
    files = spoiling.copied(good.files)
    table = spoiling.table_of(files)
    place = table.column_names.index("example")
    column = pa.array(["x" * 200_000_000, *["a"] * (table.num_rows - 1)])
    buffer = io.BytesIO()
    pq.write_table(
        table.set_column(place, "example", column), buffer, compression="zstd",
        write_statistics=False, use_dictionary=False,
    )  # fmt: skip
    assert len(buffer.getvalue()) < 100_000
    spoiling.with_bytes(files, buffer.getvalue())
    return files


def test_a_long_string_is_measured_by_the_footer(good: spoiling.Good, tmp_path: Path) -> None:
    (problem,) = _problems(good, _long_string(good), tmp_path)
    assert "more than predictions need" in problem


def test_a_long_string_under_a_footer_that_lies_meets_the_memory_cap(
    good: spoiling.Good, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_size_fault", lambda *_: "")
    (problem,) = _problems(good, _long_string(good), tmp_path)
    assert "expected predictions as the run wrote them" in problem
    assert "malloc" in problem or "memory" in problem


def test_many_rows_of_one_value_are_refused_by_the_file_s_size(
    good: spoiling.Good, tmp_path: Path
) -> None:
    files = spoiling.copied(good.files)
    buffer = io.BytesIO()
    columns = {name: pa.array(np.zeros(3_000_000)) for name in "abcdefgh"}
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    spoiling.with_bytes(files, buffer.getvalue())
    (problem,) = _problems(good, files, tmp_path)
    assert "cells in" in problem


def test_a_number_beyond_32_bits_is_refused(good: spoiling.Good, tmp_path: Path) -> None:
    """As an unsigned one it would become negative."""
    files = spoiling.copied(good.files)
    table = spoiling.table_of(files)
    seeds = pa.array(np.full(table.num_rows, 2**64 - 1, np.uint64))
    table = table.set_column(table.column_names.index("seed"), "seed", seeds)
    spoiling.with_table(files, table)
    (problem,) = _problems(good, files, tmp_path)
    assert "the column 'seed' holds numbers outside of 0 to 2147483647" in problem


def test_fifty_problems_are_listed_and_the_others_counted(
    good: spoiling.Good, tmp_path: Path
) -> None:
    files = spoiling.copied(good.files)
    content = spoiling.json_of(files)
    content["training"]["settings"] = {f"x{number}": "<b>" for number in range(20_000)}
    spoiling.with_json(files, content)
    problems = _problems(good, files, tmp_path)
    assert len(problems) == 51
    assert any("and 19950 more problems" in problem for problem in problems)
    assert problems[-1] == "1 more"


@pytest.mark.parametrize("text", [b"9" * 5000, b"-" + b"9" * 4000])
def test_an_integer_of_thousands_of_digits_is_one_refusal(
    good: spoiling.Good, tmp_path: Path, text: bytes
) -> None:
    files = spoiling.copied(good.files)
    spoiling.text(b'"task_version": 1', b'"task_version": ' + text)(files)
    (problem,) = _problems(good, files, tmp_path)
    assert spoiling.RESULT.removeprefix("results/") in problem


def test_an_error_that_no_check_foresees_is_one_refusal_and_the_others_are_checked(
    good: spoiling.Good, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(validation, "under_protocol", broken)
    files = spoiling.copied(good.files)
    content = spoiling.json_of(files)
    content["head"] = "mlp"
    files["results/bands/toy-tone/mlp.json"] = json.dumps(content).encode()
    spoiling.list_files(files)
    problems = _problems(good, files, tmp_path)
    assert any(
        "sgd-probe.json: checking it failed: ZeroDivisionError: division by zero" in problem
        for problem in problems
    )
    assert any("mlp.parquet are missing" in problem for problem in problems)
