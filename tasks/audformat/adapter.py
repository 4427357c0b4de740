"""Any audformat database: ``db.yaml``, tables in CSV or Parquet, media files, schemes and splits.

A row of a table with the target column is an Example, filewise or a segment with start and end; the
other columns of the same segment or file say who speaks. A table's split is the Example's partition.
"""

import importlib.util
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral
from pathlib import Path
from typing import Any

from paralbench.corpora.folders import visible
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
    facts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    split: dict[_Row, str] = field(default_factory=dict)
    places: dict[_Row, str] = field(default_factory=dict)
    conflicts: dict[_Row, str] = field(default_factory=dict)


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a labelled file or segment, whichever table it stands in."""
    roles = Roles.beside(root)
    database = _load(root)
    columns = {name for table in database.tables.values() for name in table.columns}
    parts = {part: roles.column(part, columns, root) for part in GROUPS}
    candidates = sorted(columns - set(parts.values()))
    target = roles.target_column(columns, candidates, root)
    unknown = sorted(set(roles.tables) - set(database.tables))
    if unknown:
        raise ParalbenchError(
            f"{root}: there is no table '{unknown[0]}', found: {', '.join(database.tables)}."
        )
    tables = _gather(database, target, set(roles.tables) or set(database.tables))
    for row in tables.values.get(target, {}):
        if row in tables.conflicts:
            yield Refusal(row.name, tables.conflicts[row], tables.places[row])
        else:
            yield _example(root, row, target, parts, tables)


def _load(root: Path) -> Any:
    """The database with its tables."""
    if importlib.util.find_spec("audformat") is None:
        raise ParalbenchError(
            "reading an audformat database needs the package audformat: "
            "pip install 'paralbench[audformat]'."
        )
    pickled = visible(root, "db*.pkl")
    if pickled:
        # audformat prefers a pickle to the table beside it, and loading one runs what is in it.
        raise ParalbenchError(
            f"{pickled[0]}: tables kept as pickles are not read, since they can run code. "
            "Remove them where the CSV or Parquet stands beside, or save the database again."
        )
    import audformat
    import yaml

    try:
        # audformat's own YAML loader runs what a header asks it to; the safe one refuses it.
        yaml.safe_load((root / "db.yaml").read_text(encoding="utf-8"))
        return audformat.Database.load(str(root), load_data=True)
    except (
        yaml.YAMLError, OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError,
    ) as error:  # fmt: skip
        raise ParalbenchError(f"{root}: audformat cannot read the database ({error}).") from error


def _gather(database: Any, target: str, labelled: set[str]) -> _Tables:
    gathered = _Tables()
    for name, table in database.tables.items():
        split = database.splits[table.split_id].type if table.split_id else None
        for column in table.columns:
            if column == target and name not in labelled:
                continue
            _facts(database, table.columns[column].scheme, column, gathered)
            values = gathered.values.setdefault(column, {})
            for index, value in table[column].get().items():
                row = _row(index)
                if _missing(value):
                    continue
                if column == target:
                    _note(gathered, row, value, values, f"table {name}")
                    if split:
                        gathered.split[row] = split
                values.setdefault(row, value)
    return gathered


def _note(tables: _Tables, row: _Row, value: Any, values: Mapping[_Row, Any], place: str) -> None:
    """The same segment may stand in several tables (all files, and a table for each split)."""
    first = tables.places.setdefault(row, place)
    if row in values and values[row] != value:
        tables.conflicts[row] = f"{first} says {values[row]!r}, {place} says {value!r}"


def _facts(database: Any, scheme: Any, name: str, tables: _Tables) -> None:
    """What a scheme says of each of its labels, such as a speaker's gender and age."""
    labels = scheme.labels if scheme is not None else None
    if isinstance(labels, str):  # they stand in a miscellaneous table of this name
        labels = database[labels].get().to_dict("index")
    if isinstance(labels, dict):
        known = {str(key): facts for key, facts in labels.items() if isinstance(facts, dict)}
        tables.facts.setdefault(name, {}).update(known)


def _row(index: Any) -> _Row:
    if isinstance(index, str):
        return _Row(index, 0.0, None)
    file, start, end = index
    end_seconds = end.total_seconds()
    return _Row(file, start.total_seconds(), None if math.isnan(end_seconds) else end_seconds)


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


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
