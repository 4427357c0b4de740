"""The clip that a table row describes: path, start, end, channel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from paralbench.corpora.tables import SURPLUS
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

COLUMNS = {"path", "start", "end", "channel"}


def clip(cells: Mapping[str, str], folder: Path) -> Clip:
    """The clip of a row; its path is relative to ``folder``, start and end are seconds.

    Raises:
        Refused: for a row that does not describe one.
    """
    path = cells["path"]
    if not path:
        raise Refused("its path is empty")
    if "\0" in path:
        raise Refused("its path holds a NUL character")
    if cells.get(SURPLUS):
        raise Refused("it has more cells than the header; quote cells that hold the delimiter")
    channel = _number(cells, "channel")
    if channel is not None and channel != int(channel):
        raise Refused(f"its channel is {cells['channel']}, not a whole number")
    return Clip(
        folder / path,
        _number(cells, "start") or 0.0,
        _number(cells, "end"),
        None if channel is None else int(channel),
    )


def name(path: str, clip: Clip) -> str:
    """A name for a clip without an id: its path, and its start, end and channel."""
    words = path
    if clip.start or clip.end is not None:
        words += f"[{clip.start:.12g}-{'' if clip.end is None else f'{clip.end:.12g}'}]"
    return words if clip.channel is None else f"{words}#{clip.channel}"


def _number(cells: Mapping[str, str], column: str) -> float | None:
    cell = cells.get(column)
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        raise Refused(f"its {column} is {cell!r}, not a number") from None
    if not math.isfinite(number) or number < 0:
        raise Refused(f"its {column} is {cell}, expected 0 or more")
    return number
