"""A good submission made from tones, and the tools to spoil it.

What is spoilt gets the digests of predictions and manifest up to date, as somebody who means it would.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from paralbench.catalog import Catalog
from paralbench.submission.archive import unpack
from paralbench.submission.packing import pack
from tests.evaluation import toy

Files = dict[str, bytes]
RESULT = "results/bands/toy-tone/sgd-probe.json"
TABLE = "results/bands/toy-tone/sgd-probe.parquet"
CARD = "models/bands/model.toml"


@dataclass(frozen=True)
class Good:
    """A valid submission: its archive, its files, and the catalogue it was made with."""

    archive: Path
    files: Files
    catalog: Catalog
    results: Path


def good(root: Path) -> Good:
    """Make one from tones."""
    folder = toy.write_catalog(root / "catalog", access="agreement")
    rows = toy.usual_rows()
    for at in (1, 9, 13, 21, 29):  # some labels are wrong, so that the score is not 1
        rows[at]["target"], rows[at + 1]["target"] = rows[at + 1]["target"], rows[at]["target"]
    data = toy.write_corpus(root / "data")
    toy.write_table(data, rows)
    toy.score(folder, data, root / "work", heads=["sgd-probe"])
    catalog, results = Catalog([folder]), root / "work" / "results"
    report = pack("bands", results, catalog, root / "bands.zip")
    assert not report.problems, list(map(str, report.problems))
    (root / "unpacked").mkdir()
    assert not unpack(root / "bands.zip", root / "unpacked")
    files = {
        file.relative_to(root / "unpacked").as_posix(): file.read_bytes()
        for file in (root / "unpacked").rglob("*")
        if file.is_file()
    }
    return Good(root / "bands.zip", files, catalog, results)


def json_of(files: Files) -> dict[str, Any]:
    """The result, parsed."""
    document: dict[str, Any] = json.loads(files[RESULT])
    return document


def table_of(files: Files) -> pa.Table:
    """The predictions."""
    return pq.read_table(io.BytesIO(files[TABLE]))


def with_json(files: Files, told: dict[str, Any]) -> None:
    """Put a result back."""
    files[RESULT] = json.dumps(told).encode()
    list_files(files)


def with_table(files: Files, table: pa.Table) -> None:
    """Put predictions back, and their digest into result and manifest."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    with_bytes(files, buffer.getvalue())


def with_bytes(files: Files, content: bytes) -> None:
    """The same for the bytes of a table."""
    files[TABLE] = content
    document = json_of(files)
    document["predictions_sha256"] = hashlib.sha256(content).hexdigest()
    with_json(files, document)


def write(root: Path, files: Files) -> Path:
    """The files in a folder, as an archive would be unpacked."""
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


def list_files(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "manifest.json"
    }
    files["manifest.json"] = json.dumps(manifest).encode()


def copied(files: Files) -> Files:
    """To be spoilt."""
    return copy.deepcopy(files)


Spoil = Callable[[Files], None]


def setting(path: str, value: Any) -> Spoil:
    """A key of the result."""

    def spoil(files: Files) -> None:
        document = json_of(files)
        *parents, last = path.split("/")
        place: Any = document
        for key in parents:
            place = place[int(key) if isinstance(place, list) else key]
        at: Any = int(last) if isinstance(place, list) else last
        place[at] = value(place[at]) if callable(value) else value
        with_json(files, document)

    return spoil


def columns_changed(change: Callable[[dict[str, list[Any]]], None]) -> Spoil:
    """The columns of the predictions, as lists."""

    def spoil(files: Files) -> None:
        table = table_of(files)
        columns = table.to_pydict()
        change(columns)
        types = {field.name: field.type for field in table.schema}
        arrays = {
            name: pa.array(values, type=types.get(name) if _fits(values, types.get(name)) else None)
            for name, values in columns.items()
        }
        with_table(files, pa.table(arrays))

    return spoil


def _fits(values: list[Any], kind: pa.DataType | None) -> bool:
    return kind is not None and not (pa.types.is_integer(kind) and isinstance(values[0], str))


def rows_kept(keep: Callable[[dict[str, Any]], bool], twice: bool = False) -> Spoil:
    def spoil(files: Files) -> None:
        table = table_of(files)
        rows = table.to_pylist()
        stored = [row for row in rows if keep(row)]
        with_table(
            files, pa.Table.from_pylist(rows + stored if twice else stored, schema=table.schema)
        )

    return spoil


def cell(column: str, value: Any, row: int = 0) -> Spoil:
    def change(columns: dict[str, list[Any]]) -> None:
        columns[column][row] = value

    return columns_changed(change)


def column(column: str, change: Callable[[Any], Any]) -> Spoil:
    def spoil(columns: dict[str, list[Any]]) -> None:
        columns[column] = [change(item) for item in columns[column]]

    return columns_changed(spoil)


def raw(name: str, content: bytes, listed: bool = True) -> Spoil:
    def spoil(files: Files) -> None:
        files[name] = content
        if listed:
            list_files(files)

    return spoil


def gone(name: str) -> Spoil:
    def spoil(files: Files) -> None:
        del files[name]

    return spoil


def text(old: bytes, new: bytes) -> Spoil:
    """Bytes of the result's text."""

    def spoil(files: Files) -> None:
        assert old in files[RESULT]
        files[RESULT] = files[RESULT].replace(old, new, 1)
        list_files(files)

    return spoil
