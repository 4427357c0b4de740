"""Any audformat database: ``db.yaml``, tables in CSV or Parquet, media files, schemes and splits.

A row of a table with the target column is an Example, filewise or a segment with start and end; the
other columns of the same segment or file say who speaks. A table's split is the Example's partition.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral
from pathlib import Path
from typing import Any

from paralbench.corpora import audformat_tables
from paralbench.corpora.audformat_tables import Table
from paralbench.corpora.roles import GROUPS, Roles
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal


@dataclass(frozen=True)
class _Row:
    """A segment: its file as the database names it, start and end in seconds."""

    file: str
    start: float
    end: float | None

    @property
    def name(self) -> str:
        if not self.start and self.end is None:
            return self.file
        return f"{self.file}[{self.start:g}-{'' if self.end is None else f'{self.end:g}'}]"


@dataclass
class _Tables:
    """The database's columns: values by column and segment, and each labelled segment's split."""

    values: dict[str, dict[_Row, Any]] = field(default_factory=dict)
    facts: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    split: dict[_Row, str] = field(default_factory=dict)
    places: dict[_Row, str] = field(default_factory=dict)
    conflicts: dict[_Row, str] = field(default_factory=dict)


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a labelled file or segment, whichever table it stands in."""
    roles = Roles.beside(root)
    database = audformat_tables.read(root)
    columns = {name for table in database.values() for name in table.columns}
    parts = {part: roles.column(part, columns, root) for part in GROUPS}
    candidates = sorted(columns - set(parts.values()))
    target = roles.target_column(columns, candidates, root)
    unknown = sorted(set(roles.tables) - set(database))
    if unknown:
        raise ParalbenchError(
            f"{root}: there is no table '{unknown[0]}', found: {', '.join(database)}."
        )
    tables = _gather(database, target, set(roles.tables) or set(database))
    for row in tables.values.get(target, {}):
        if row in tables.conflicts:
            yield Refusal(row.name, tables.conflicts[row], tables.places[row])
        else:
            yield _example(root, row, target, parts, tables)


def _gather(database: Mapping[str, Table], target: str, labelled: set[str]) -> _Tables:
    gathered = _Tables()
    for name, table in database.items():
        rows = [_Row(*row) for row in table.rows]
        for column, stored in table.columns.items():
            if column == target and name not in labelled:
                continue
            gathered.facts.setdefault(column, {}).update(stored.facts)
            values = gathered.values.setdefault(column, {})
            for row, value in zip(rows, stored.values, strict=True):
                if _missing(value):
                    continue
                if column == target:
                    _note(gathered, row, value, values, f"table {name}")
                    if table.split:
                        gathered.split[row] = table.split
                values.setdefault(row, value)
    return gathered


def _note(tables: _Tables, row: _Row, value: Any, values: Mapping[_Row, Any], place: str) -> None:
    """The same segment may stand in several tables (all files, and a table for each split)."""
    first = tables.places.setdefault(row, place)
    if row in values and values[row] != value:
        tables.conflicts[row] = f"{first} says {values[row]!r}, {place} says {value!r}"


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _example(
    root: Path, row: _Row, target: str, parts: Mapping[str, str | None], tables: _Tables
) -> Example:
    whole_file = replace(row, start=0.0, end=None)
    cells: dict[str, Any] = {}
    for column, values in tables.values.items():
        value = values.get(row, values.get(whole_file))
        if value is not None:
            cells[column] = value
    groups = {part: str(cells[name]) for part, name in parts.items() if name in cells}
    attributes = {name: str(value) for name, value in cells.items() if isinstance(value, str)}
    for name, facts in tables.facts.items():
        if name != target:
            described = facts.get(str(cells.get(name)), {})
            attributes |= {key: str(fact) for key, fact in described.items() if not _missing(fact)}
    labels = {name: _label(value) for name, value in cells.items()}
    named = {target, *parts.values()}
    return Example(
        id=row.name,
        clips=(Clip(root / row.file, row.start, row.end),),
        labels=labels | {"target": labels[target]},
        groups=groups,
        attributes={key: described for key, described in attributes.items() if key not in named},
        partition=tables.split.get(row),
        source=f"{root / 'db.yaml'}, {tables.places[row]}",
    )


def _label(value: Any) -> str | float:
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)
