"""Anybody's recordings: a CSV with a row for each clip, or a folder for each class.

CSV columns: ``path`` and ``target`` are needed; ``id``, ``start``, ``end`` (seconds), ``channel``,
``speaker``, ``session``, ``text`` and ``partition`` are understood; every other column becomes an
attribute for subgroup tables. A folder is read as <class>/<file> or <class>/<speaker>/<file>.
"""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

if TYPE_CHECKING:
    from _csv import Reader

GROUPS = ("speaker", "session", "text")
UNDERSTOOD = {"path", "target", "id", "start", "end", "channel", "partition", *GROUPS}
AUDIO = {
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64",
    ".g722", ".m4a", ".mp4", ".mov", ".3gp", ".aac", ".wma", ".webm", ".mkv", ".amr",
}  # fmt: skip


def read_manifest(root: Path) -> Iterator[Example | Refusal]:
    """Read ``root``: a CSV file, a folder holding manifest.csv, or a folder of class folders."""
    if root.is_file():
        return _table(root)
    if (root / "manifest.csv").is_file():
        return _table(root / "manifest.csv")
    return _folders(root)


def _table(file: Path) -> Iterator[Example | Refusal]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParalbenchError(f"{file}: expected UTF-8 text, byte {error.start} is not.") from error
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    # Only the ends of lines that CSV knows end a row; a cell may hold any other sign.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        yield from _rows(rows, file)
    except csv.Error as error:
        raise ParalbenchError(f"{file}:{rows.line_num}: not valid CSV: {error}.") from error


def _rows(rows: "Reader", file: Path) -> Iterator[Example | Refusal]:
    columns = [name.strip() for name in next(rows, [])]
    for needed in ("path", "target"):
        if needed not in columns:
            found = ", ".join(columns) or "nothing"
            raise ParalbenchError(f"{file}: expected a column '{needed}', found: {found}.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise ParalbenchError(f"{file}: the column '{twice[0]}' stands there twice.")
    for row in rows:
        padded = [cell.strip() for cell in row] + [""] * (len(columns) - len(row))
        cells = {name: cell for name, cell in zip(columns, padded, strict=False) if name}
        if any(padded[len(columns) :]):
            found = f"it has {len(row)} cells, the header has {len(columns)}; quote cells that hold the delimiter"
            name = cells.get("id") or cells["path"] or "a row"
            yield Refusal(name, found, f"{file}:{rows.line_num}")
        elif any(padded):
            yield _row(cells, file, rows.line_num)


def _row(cells: dict[str, str], file: Path, line: int) -> Example | Refusal:
    where = f"{file}:{line}"
    path, target = cells["path"], cells["target"]
    name = cells.get("id") or path
    if not path or not target:
        return Refusal(name or "a row", f"its {'target' if path else 'path'} is empty", where)
    numbers: dict[str, float] = {}
    for column in ("start", "end", "channel"):
        if cells.get(column):
            try:
                numbers[column] = float(cells[column])
            except ValueError:
                return Refusal(name, f"its {column} is {cells[column]!r}, not a number", where)
            if not math.isfinite(numbers[column]) or numbers[column] < 0:
                return Refusal(name, f"its {column} is {cells[column]}, expected 0 or more", where)
    start, end = numbers.get("start", 0.0), numbers.get("end")
    channel = int(numbers["channel"]) if "channel" in numbers else None
    if channel is not None and channel != numbers["channel"]:
        return Refusal(name, f"its channel is {cells['channel']}, not a whole number", where)
    if not cells.get("id"):
        if start or end is not None:
            name += f"[{start:.12g}-{'' if end is None else f'{end:.12g}'}]"
        if channel is not None:
            name += f"#{channel}"
    return Example(
        id=name,
        clips=(Clip(file.parent / path, start, end, channel),),
        labels={"target": target},
        groups={key: cells[key] for key in GROUPS if cells.get(key)},
        attributes={key: value for key, value in cells.items() if value and key not in UNDERSTOOD},
        partition=cells.get("partition") or None,
        source=where,
    )


def _folders(root: Path) -> Iterator[Example | Refusal]:
    for file in sorted(root.rglob("*")):
        parts = file.relative_to(root).parts
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
        if hidden or len(parts) < 2 or file.suffix.lower() not in AUDIO or not file.is_file():
            continue
        yield Example(
            id="/".join(parts),
            clips=(Clip(file),),
            labels={"target": parts[0]},
            groups={"speaker": parts[1]} if len(parts) > 2 else {},
            source=str(file),
        )
