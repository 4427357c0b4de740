"""The clip that a table row describes: path, start, end, channel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from paralbench.corpora.tables import SURPLUS
from paralbench.records import numeral
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

COLUMNS = {"path", "start", "end", "channel"}


def clip(cells: Mapping[str, str], folder: Path, quoted: bool = True) -> Clip:
    """The clip of a row; start and end are seconds.

    Args:
        cells: by column.
        folder: what the path is relative to.
        quoted: whether a refusal quotes the cell; any cell may hold a patient's name.

    Raises:
        Refused: for a row that does not describe one.
    """
    path = cells["path"]
    if not path:
        raise Refused("its path is empty")
    if "\0" in path:
        raise Refused("its path holds a NUL character")
    if "\n" in path or "\r" in path:
        raise Refused("its path holds a line break")
    if cells.get(SURPLUS):
        raise Refused("it has more cells than the header; quote cells that hold the delimiter")
    channel = _number(cells, "channel", quoted)
    if channel is not None and channel != int(channel):
        value = f"{cells['channel']}, " if quoted else ""
        raise Refused(f"its channel is {value}not a whole number")
    return Clip(
        _file(folder, path),
        _number(cells, "start", quoted) or 0.0,
        _number(cells, "end", quoted),
        None if channel is None else int(channel),
    )


@lru_cache(maxsize=4096)
def _file(folder: Path, path: str) -> Path:
    """One object for the many clips of a file: a list may have a million rows."""
    return folder / path


def name(path: str, clip: Clip) -> str:
    """A name for a clip without an id: its path, and its start, end and channel."""
    words = path
    if clip.start or clip.end is not None:
        words += f"[{clip.start:.12g}-{'' if clip.end is None else f'{clip.end:.12g}'}]"
    return words if clip.channel is None else f"{words}#{clip.channel}"


def _number(cells: Mapping[str, str], column: str, quoted: bool) -> float | None:
    cell = cells.get(column)
    if not cell:
        return None
    try:
        number = numeral.number(cell)
    except ValueError:
        value = f"{cell!r}, " if quoted else ""
        raise Refused(f"its {column} is {value}not a number") from None
    if not math.isfinite(number) or number < 0:
        value = f"is {cell}, " if quoted else "is too low or not finite, "
        raise Refused(f"its {column} {value}expected 0 or more")
    return number
