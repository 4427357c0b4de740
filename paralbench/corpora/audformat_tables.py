"""The header and tables of an audformat database, read as data.

audformat's own loader prefers a pickle to the table beside it and reads the header with a YAML loader
that can make any object; both can run code. Here the header is safe YAML, a table is CSV or Parquet,
and its file lies in the database's folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import yaml

from paralbench.records.errors import ParalbenchError

_LARGEST = 64 * 2**20
"""Bytes of a header: tens of thousands of speakers need a few MiB."""
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")
_TIME = re.compile(r"(?:(\d{1,6}) days? )?(?:\+?(\d{1,9}):(\d\d):)?(\d{1,9}(?:\.\d{1,12})?)")
_TYPES = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "str": pa.string()}
_INDEX = {"filewise": ("file",), "segmented": ("file", "start", "end")}


@dataclass(frozen=True)
class Column:
    """Values in the order of the rows, None where there is none.

    ``facts`` is what its scheme says of each label, such as a speaker's gender and age.
    """

    values: Sequence[Any]
    facts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Table:
    """Rows as (file, start, end), in seconds, the end None up to the file's own; columns by name."""

    rows: Sequence[tuple[str, float, float | None]]
    columns: Mapping[str, Column]
    split: str | None


def read(root: Path) -> dict[str, Table]:
    """The tables of the database in ``root``, by id.

    Raises:
        ParalbenchError: where the header or a table is missing, or not as audformat writes it.
    """
    header = _header(root / "db.yaml")
    schemes, splits = _section(header, "schemes"), _section(header, "splits")
    facts = {
        name: _facts(root, header, name, scheme.get("labels")) for name, scheme in schemes.items()
    }
    labels = {
        name: {str(label) for label in scheme["labels"]}
        if isinstance(scheme["labels"], list)
        else set(facts[name])
        for name, scheme in schemes.items()
        if scheme.get("labels")
    }
    tables = {}
    for name, declared in _section(header, "tables").items():
        kind = declared.get("type")
        if kind not in _INDEX:
            raise ParalbenchError(
                f"{root / 'db.yaml'}: table {name!r} is of type {kind!r}, expected "
                "'filewise' or 'segmented'."
            )
        index = _INDEX[kind]
        scheme_ids = {
            str(column): str((about or {}).get("scheme_id", ""))
            for column, about in (declared.get("columns") or {}).items()
        }
        file, stored = _table(root, name, [*index, *scheme_ids], schemes, scheme_ids)
        split = declared.get("split_id")
        tables[name] = Table(
            _rows(file, stored, index),
            {
                column: Column(_values(stored[column], labels.get(scheme)), facts.get(scheme, {}))
                for column, scheme in scheme_ids.items()
            },
            splits.get(split, {}).get("type", split) if split else None,
        )
    return tables


def _header(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LARGEST:
            raise ParalbenchError(f"{file}: expected at most {_LARGEST} bytes.")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        header = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        raise ParalbenchError(f"{file}: cannot be read as an audformat header ({error}).") from None
    if not isinstance(header, dict):
        raise ParalbenchError(f"{file}: expected keys such as 'tables' and 'schemes', got none.")
    return header


def _section(header: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """A mapping of ids to mappings; ids are plain words, because tables' files are named by them."""
    section = header.get(name) or {}
    if not isinstance(section, dict):
        raise ParalbenchError(f"db.yaml: '{name}' is {ascii(section)[:80]}, expected ids.")
    for key, value in section.items():
        if not isinstance(value, dict | None):
            raise ParalbenchError(f"db.yaml: {name} {ascii(key)[:80]} has no keys.")
        if name in ("tables", "misc_tables") and not _ID.fullmatch(str(key)):
            raise ParalbenchError(
                f"db.yaml: the table id {ascii(key)[:80]} is not plain; expected letters, digits, "
                "'_', '.', '+' and '-'."
            )
    return {str(key): value or {} for key, value in section.items()}


def _table(
    root: Path,
    name: str,
    columns: Sequence[str],
    schemes: Mapping[str, Mapping[str, Any]],
    scheme_ids: Mapping[str, str],
) -> tuple[Path, pa.Table]:
    """The file of a table and its columns; Parquet comes before CSV, as in audformat."""
    parquet, csv = root / f"db.{name}.parquet", root / f"db.{name}.csv"
    file = parquet if parquet.is_file() else csv
    if not file.is_file():
        pickled = (root / f"db.{name}.pkl").is_file()
        raise ParalbenchError(
            f"{file}: expected the table '{name}' as CSV or Parquet, there is "
            + ("a pickle only, which is not read, since it can run code; " if pickled else "none; ")
            + "save the database again with storage_format='parquet'."
        )
    types = {
        column: _TYPES.get(str(schemes.get(scheme, {}).get("dtype")))
        for column, scheme in scheme_ids.items()
    }
    typed = {column: kind for column, kind in types.items() if kind is not None}
    typed |= {column: pa.string() for column in ("file", "start", "end") if column in columns}
    try:
        if file == parquet:
            table = pq.read_table(pa.memory_map(str(file)), columns=list(columns))
        else:
            options = pa.csv.ConvertOptions(
                column_types=typed, include_columns=list(columns), strings_can_be_null=True
            )
            table = pa.csv.read_csv(pa.memory_map(str(file)), convert_options=options)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise ParalbenchError(f"{file}: cannot be read as a table ({error}).") from None
    if missing := sorted(set(columns) - set(table.column_names)):
        raise ParalbenchError(f"{file}: the column '{missing[0]}' of the header is missing.")
    return file, table


def _rows(
    file: Path, table: pa.Table, index: Sequence[str]
) -> list[tuple[str, float, float | None]]:
    names = table["file"].cast(pa.string()).to_pylist()
    if None in names:
        raise ParalbenchError(f"{file}: row {names.index(None) + 1} names no file.")
    if len(index) == 1:
        return [(name, 0.0, None) for name in names]
    starts, ends = (_seconds(file, table[column]) for column in index[1:])
    return [(name, start or 0.0, end) for name, start, end in zip(names, starts, ends, strict=True)]


def _seconds(file: Path, column: pa.ChunkedArray) -> list[float | None]:
    """Durations in seconds; "0 days 00:00:01.5", "00:00:01.5" and "1.5" in CSV."""
    if pa.types.is_duration(column.type):
        nanoseconds = column.cast(pa.duration("ns")).cast(pa.int64())
        return [None if value is None else value / 1e9 for value in nanoseconds.to_pylist()]
    seconds: list[float | None] = []
    for number, text in enumerate(column.cast(pa.string()).to_pylist()):
        match = _TIME.fullmatch(text or "")
        if not match and text not in (None, "", "NaT"):
            raise ParalbenchError(
                f"{file}, row {number + 1}: expected a time such as '0 days 00:00:01.5', "
                f"got {ascii(text)[:80]}."
            )
        days, hours, minutes, rest = match.groups() if match else (None,) * 4
        total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60
        seconds.append(None if rest is None else total + float(rest))
    return seconds


def _values(column: pa.ChunkedArray, labels: set[str] | None) -> list[Any]:
    """Plain values; those that are not among the scheme's labels are None, as in audformat."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.string())
    values = column.to_pylist()
    if labels is None:
        return list(values)
    return [value if str(value) in labels else None for value in values]


def _facts(
    root: Path, header: Mapping[str, Any], scheme: str, labels: Any
) -> dict[str, dict[str, Any]]:
    """What a scheme says of its labels: in the header, or in the miscellaneous table it names."""
    if isinstance(labels, dict):
        return {str(key): facts if isinstance(facts, dict) else {} for key, facts in labels.items()}
    if not isinstance(labels, str):
        return {}
    declared = _section(header, "misc_tables").get(labels)
    if declared is None:
        raise ParalbenchError(f"db.yaml: scheme '{scheme}' names no table: {ascii(labels)[:80]}.")
    levels, columns = list(declared.get("levels") or {}), list(declared.get("columns") or {})
    if not levels:
        raise ParalbenchError(f"db.yaml: the table '{labels}' has no levels.")
    _, table = _table(root, labels, [*levels, *columns], {}, {})
    values = {column: _values(table[column], None) for column in columns}
    return {
        str(key): {column: values[column][number] for column in columns}
        for number, key in enumerate(_values(table[levels[0]], None))
    }
