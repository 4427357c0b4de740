"""Label files as corpora ship them: BOM, CRLF, padded cells, comma or semicolon, latin-1."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from paralbench.records.errors import ParalbenchError

SURPLUS = ""
"""The key of cells beyond the last column, where a row has any."""


def rows(
    file: Path,
    needed: Sequence[str] = (),
    *,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> Iterator[tuple[dict[str, str], str]]:
    """Read a delimited table lazily, whatever its size.

    Args:
        file: the table.
        needed: columns that it must have.
        names: the columns of a table without a header line.
        delimiter: between cells; without it, whichever of comma, semicolon and tab the first line
            has most of.
        encoding: "utf-8-sig" (with or without a BOM) or another, such as "latin-1".

    Yields:
        The row's cells by column, stripped ("" for a missing cell), and its place, "file:line".
        Blank rows are skipped. Cells beyond the last column are joined under SURPLUS.

    Raises:
        ParalbenchError: for a file that is missing, is not text, lacks a needed column, names a column
            twice, or opens a quote that it never closes.
    """
    with _opened(file, encoding, newline="") as text:
        first = text.readline()
        text.seek(0)
        chosen = delimiter or max(",;\t", key=first.count)
        source = _Lines(text)
        reader = csv.reader(source, delimiter=chosen, skipinitialspace=chosen != "\t")
        if names is None:
            names = [name.strip().removeprefix("ï»¿") for name in next(reader, [])]
            source.next_row()
        missing = [name for name in needed if name not in names]
        if missing:
            raise ParalbenchError(
                f"{file}: expected a column '{missing[0]}', found: {', '.join(names) or 'nothing'}."
            )
        doubled = [name for name, count in Counter(names).items() if name and count > 1]
        if doubled:
            raise ParalbenchError(
                f"{file}: the column '{doubled[0]}' appears twice; rename or remove one of them."
            )
        blank = [""] * len(names)
        for row in reader:
            if source.unclosed():
                raise ParalbenchError(
                    f"{file}: a quote is opened at line {source.row} and never closed."
                )
            source.next_row()
            cells = [cell.strip() for cell in row]
            if any(cells):
                cells += blank[len(cells) :]
                named = dict(zip(names, cells, strict=False))
                if any(cells[len(blank) :]):
                    named[SURPLUS] = " ".join(cells[len(blank) :])
                yield named, f"{file}:{reader.line_num}"


def lines(file: Path, encoding: str = "utf-8-sig") -> Iterator[tuple[str, str]]:
    """The lines of a list, stripped, each with its place "file:line"; blank lines are skipped.

    Raises:
        ParalbenchError: for a file that is missing or is not text.
    """
    with _opened(file, encoding) as text:
        for number, line in enumerate(text, start=1):
            if line := line.strip():
                yield line, f"{file}:{number}"


class _Lines:
    """The lines of a table, and whether the last row ended within a quoted cell."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._read = self._quotes = 0
        self._ended = False
        self.row = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline()
        if not line:
            self._ended = True
            raise StopIteration
        self._read += 1
        self._quotes += line.count('"')
        return line

    def next_row(self) -> None:
        """Begin a row at the next line."""
        self.row, self._quotes = self._read + 1, 0

    def unclosed(self) -> bool:
        """Whether the row that the reader has just completed runs to the end of the file in a quote."""
        return self._ended and self._quotes % 2 == 1


@contextmanager
def _opened(file: Path, encoding: str, newline: str | None = None) -> Iterator[TextIO]:
    """The opened file; errors become sentences that a user can act on."""
    try:
        with file.open(encoding=encoding, newline=newline) as text:
            if text.readline().startswith("version https://git-lfs"):
                raise ParalbenchError(
                    f"{file} is a Git-LFS pointer; run 'git lfs pull' where it came from."
                )
            text.seek(0)
            yield text
    except UnicodeDecodeError as error:
        expected = encoding.removesuffix("-sig").upper()
        raise ParalbenchError(
            f"{file}: expected {expected} text; byte {error.start} of what was read is not."
        ) from error
    except FileNotFoundError as error:
        raise ParalbenchError(f"{file} is missing.") from error
    except (OSError, csv.Error) as error:
        raise ParalbenchError(f"{file}: cannot be read ({error}).") from error
