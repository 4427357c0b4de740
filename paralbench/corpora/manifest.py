"""Anybody's recordings: a CSV with a row for each clip, or a folder for each class.

CSV columns: ``path`` and ``target`` are needed; ``id``, ``start``, ``end`` (seconds), ``channel``,
``speaker``, ``session``, ``text`` and ``partition`` are understood; every other column becomes an
attribute for subgroup tables. A folder is read as <class>/<file> or <class>/<speaker>/<file>.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.tables import SURPLUS, rows
from paralbench.records.example import Clip, Example, Refusal

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
    for cells, where in rows(file, ("path", "target")):
        yield _row(cells, file, where)


def _row(cells: dict[str, str], file: Path, where: str) -> Example | Refusal:
    path, target = cells["path"], cells["target"]
    name = cells.get("id") or path
    if not path or not target:
        return Refusal(name or "a row", f"its {'target' if path else 'path'} is empty", where)
    if "\0" in path:
        return Refusal(repr(name), "its path holds a NUL character", where)
    if cells.get(SURPLUS):
        return Refusal(
            name, "it has more cells than the header; quote cells that hold the delimiter", where
        )
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
    for file in visible(root, "**/*"):
        parts = file.relative_to(root).parts
        if len(parts) < 2 or file.suffix.lower() not in AUDIO or not file.is_file():
            continue
        yield Example(
            id="/".join(parts),
            clips=(Clip(file),),
            labels={"target": parts[0]},
            groups={"speaker": parts[1]} if len(parts) > 2 else {},
            source=str(file),
        )
