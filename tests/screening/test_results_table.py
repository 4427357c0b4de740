"""The tables: the same rows in CSV and Parquet, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pyarrow.parquet as pq

from paralbench.screening import results_table
from tests.screener.bundles import manifest
from tests.screening.rows import row

ROWS = [
    row("=1+1", 0.75, "low", attributes={"sex": "f", "@note": "-x"}, warnings=("a", "b")),
    row("visit\n2 😀", status="not scored", reason="Too short.", cause="seconds"),
]


def test_both_files_hold_the_same() -> None:
    flat = results_table.flat(manifest(), ROWS, "cd" * 32, named=True)
    read = list(csv.DictReader(io.StringIO(results_table.as_csv(flat).decode(), newline="")))
    stored = pq.read_table(io.BytesIO(results_table.as_parquet(flat))).to_pylist()
    assert [item["id"] for item in stored] == ["=1+1", "visit\n2 😀"]
    assert [item["id"] for item in read] == ["'=1+1", "visit\n2 😀"]
    assert stored[0]["probability"] == float(read[0]["probability"]) == 0.75
    assert stored[1]["probability"] is None
    assert read[1]["probability"] == ""
    assert (stored[1]["reason"], stored[1]["cause"]) == ("Too short.", "seconds")
    assert stored[0]["warnings"] == "a | b"
    assert stored[0]["attribute.sex"] == "f"
    assert read[0]["attribute.@note"] == "'-x"
    assert {item["bundle"] for item in stored} == {"cd" * 32}
    assert set(read[0]) == set(stored[0])


def test_without_names_the_lists_columns_are_left_out() -> None:
    (item, _) = results_table.flat(manifest(), ROWS, "cd" * 32, named=False)
    assert not [column for column in item if column.startswith("attribute.")]
