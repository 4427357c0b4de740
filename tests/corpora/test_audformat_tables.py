from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from paralbench.corpora.audformat_tables import read
from paralbench.records.errors import ParalbenchError

audformat: Any = pytest.importorskip("audformat")

VALUES: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "bool": ({"dtype": "bool"}, [True, False, None]),
    "int": ({"dtype": "int"}, [3, None, -4]),
    "float": ({"dtype": "float"}, [0.1, 1e-9, None]),
    "str": ({"dtype": "str"}, ["a, b", None, "é"]),
    "labels": ({"labels": ["happy", "sad"]}, ["sad", None, "happy"]),
    "numbers": ({"labels": [1, 2]}, [2, 1, None]),
    "described": ({"labels": {"x": {"age": 3}, "y": {"age": 4}}}, ["x", "y", None]),
}


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_values_and_times_are_those_audformat_reads(tmp_path: Path, storage: str) -> None:
    db = audformat.Database("made")
    index = audformat.segmented_index(
        ["a.wav", "b.wav", "b.wav"], ["0s", "1.25s", "90061.5s"], ["1s", pd.NaT, "90062.000001s"]
    )
    db["segments"] = audformat.Table(index)
    for name, (scheme, values) in VALUES.items():
        db.schemes[name] = audformat.Scheme(**scheme)
        db["segments"][name] = audformat.Column(scheme_id=name)
        db["segments"][name].set(values)
    db.save(str(tmp_path), storage_format=storage)
    theirs = audformat.Database.load(str(tmp_path))["segments"].get()
    ours = read(tmp_path)["segments"]
    for (file, start, end), row in zip(theirs.index, ours.rows, strict=True):
        assert row[0] == file
        assert row[1] == pytest.approx(start.total_seconds())
        assert row[2] == (None if pd.isna(end) else pytest.approx(end.total_seconds()))
    for name in VALUES:
        expected = [None if pd.isna(value) else value for value in theirs[name]]
        assert list(ours.columns[name].values) == expected, name
    assert ours.columns["described"].facts == {"x": {"age": 3}, "y": {"age": 4}}


def _write(root: Path, header: str, csv: str = "file,a\nx.wav,1\n") -> None:
    (root / "db.yaml").write_text(header)
    (root / "db.files.csv").write_text(csv)


TABLE = "tables:\n  files:\n    type: filewise\n    columns:\n      a: {}\n"


@pytest.mark.parametrize(
    ("header", "csv", "words"),
    [
        ("tables: 3\n", "", "'tables' is 3, expected ids"),
        ("tables: {files: 3}\n", "", "tables 'files' has no keys"),
        ("tables: {files: {type: other}}\n", "", "is of type 'other'"),
        (TABLE, "file,b\nx.wav,1\n", "cannot be read as a table"),
        (TABLE, "file,a\n,1\n", "row 1 names no file"),
        (TABLE.replace("filewise", "segmented"), "file,start,end,a\nx,1s,NaT,2\n", "got '1s'"),
        (TABLE + "schemes: {s: {labels: gone}}\n", "file,a\nx.wav,1\n", "names no table: 'gone'"),
        ("name: [", "", "cannot be read as an audformat header"),
        ("- 1\n", "", "expected keys such as 'tables'"),
    ],
)
def test_a_database_that_is_not_as_written_is_refused(
    tmp_path: Path, header: str, csv: str, words: str
) -> None:
    _write(tmp_path, header, csv)
    with pytest.raises(ParalbenchError, match=words):
        read(tmp_path)
