"""Tables for the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

_LEAST = 8
"""Columns are not made narrower than this many characters."""
_GAP = 2


def terminal_width() -> int | None:
    """Characters of a line where standard output is a terminal; None elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None
) -> str:
    """Rows under headings, columns aligned.

    Where ``width`` characters do not suffice, the widest columns become narrower and their cells
    continue on further lines.

    >>> print(columns(("name", "title"), [("a", "a rather long title")], width=18))
    name  title
    a     a rather
          long title
    """
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    if width is not None:
        widths = _narrowed(widths, width - _GAP * (len(widths) - 1))
    return "\n".join(text for line in lines for text in _lines(line, widths))


def _narrowed(widths: list[int], room: int) -> list[int]:
    """The widest columns made narrower until all fit, or all are at their least."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(cells: list[str], widths: list[int]) -> list[str]:
    """One row of the table; more lines where a cell is wider than its column."""
    parts = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, parts))
    return [
        (" " * _GAP)
        .join(
            (part[number] if number < len(part) else "").ljust(width)
            for part, width in zip(parts, widths, strict=True)
        )
        .rstrip()
        for number in range(height)
    ]


def _wrapped(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    import textwrap

    return textwrap.wrap(cell, width) or [""]
