"""What is to be screened: folders, single files, and CSV lists; one row for each recording.

In a folder and everything below it, every file with the suffix of an audio format is a row, whatever
its content turns out to be (a Git-LFS pointer named .wav is a row, and the gate says what it is).
Other files, hidden ones and __MACOSX are no rows; they are counted by suffix, so that the report can
say what was passed over. A file that is named on its own is a row whatever its suffix. Links are
followed, a folder that was seen before is not entered again.

A CSV needs the column ``path``, relative to it; ``id``, ``start``, ``end`` (seconds) and ``channel``
(from 0) are understood; one column may hold the truth; all others are attributes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paralbench.corpora import clips
from paralbench.corpora.manifest import AUDIO
from paralbench.corpora.tables import rows
from paralbench.records.errors import Refused, UsageError
from paralbench.records.example import Clip, Refusal

SUFFIXES = AUDIO | {".nsp", ".sph", ".aifc", ".rf64"}
TABLES = {".csv", ".tsv"}


@dataclass(frozen=True, slots=True)
class Recording:
    """One row to be: a clip and what is known of it.

    Args:
        id: unique in a run; valid text, whatever bytes the file's name is made of.
        clip: what is heard.
        truth: the value in the column of truth, where there is one.
        attributes: the CSV's other columns, for subgroup tables ("sex", "age", "language").
        source: where it was listed, "file:line", or the folder or file that was named.
    """

    id: str
    clip: Clip
    truth: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


class Recordings:
    """Every recording below ``inputs``, in the same order each time: as named, then by name.

    Iterating walks the folders anew and lazily; a line of a CSV, or a folder, that cannot be used is
    yielded as a Refusal with an id of its own, and is a row like the others. ``passed_over`` counts
    what was no recording, by suffix, as far as the last iteration came.

    Ids are those of the CSV, else the path within the named folder with that folder's name before
    it. Of two files with one id, the second becomes "id (2)"; an id given twice in CSVs is refused.

    Raises:
        UsageError: where an input does not exist, or a CSV has no column of truth as asked.
        ParalbenchError: where a CSV cannot be read; all are read at once, before anything is scored.
    """

    def __init__(self, inputs: Sequence[Path], truth: str | None = None) -> None:
        self.passed_over: Counter[str] = Counter()
        self._inputs = list(inputs)
        missing = [file for file in self._inputs if not os.path.lexists(file)]
        if missing:
            raise UsageError(f"{_text(missing[0])}: expected a recording, a folder or a CSV; "
                             "there is nothing.")  # fmt: skip
        self._tables = {
            file: list(_table(file, truth))
            for file in self._inputs
            if file.suffix.lower() in TABLES and file.is_file()
        }
        if truth is not None and not self._tables:
            raise UsageError(f"a column of truth ('{truth}') needs a CSV, and none was given.")

    def __iter__(self) -> Iterator[Recording | Refusal]:
        self.passed_over.clear()
        ids = _Ids()
        for given in self._inputs:
            if given in self._tables:
                yield from map(ids.only_once, self._tables[given])
            elif given.is_dir():
                for found in self._below(given):
                    yield ids.numbered(found, str(given))
            else:
                yield ids.numbered(_Found(_text(given.name), given), str(given))

    def _below(self, given: Path) -> Iterator[_Found]:
        """The audio files of a folder, then of its folders, each sorted by the bytes of its name."""
        left = [(given, _own_name(given))]
        seen: set[tuple[int, int]] = set()
        while left:
            folder, name = left.pop()
            try:
                state = folder.stat()
                if (state.st_dev, state.st_ino) in seen:
                    continue
                seen.add((state.st_dev, state.st_ino))
                entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                why = f"the folder cannot be opened ({error.strerror or error})"
                yield _Found(name, folder, why)
                continue
            below = []
            for entry in entries:
                found = _Found(f"{name}/{_text(entry.name)}", folder / entry.name)
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    self.passed_over["hidden"] += 1
                elif _is_folder(entry):
                    below.append((found.path, found.name))
                elif found.path.suffix.lower() in SUFFIXES:
                    yield found
                else:
                    self.passed_over[_text(found.path.suffix.lower())] += 1
            left += reversed(below)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file below a folder, or a folder that cannot be opened."""

    name: str
    path: Path
    problem: str = ""


class _Ids:
    """The ids of a run so far, so that each is given once."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def only_once(self, row: Recording | Refusal) -> Recording | Refusal:
        """A CSV's row; refused where its id is taken, with its line in place of it."""
        if isinstance(row, Refusal):
            return Refusal(self._free(row.subject, row.where), row.reason, row.where)
        if row.id not in self._taken:
            self._taken[row.id] = row.source
            return row
        reason = (
            f"its id stands already at {self._taken[row.id]}; every recording needs one of its own"
        )
        return Refusal(self._free(row.id, row.source), reason, row.source)

    def numbered(self, found: _Found, source: str) -> Recording | Refusal:
        """A file's row, its id made unique."""
        called = self._free(found.name, source)
        if found.problem:
            return Refusal(called, found.problem, source)
        return Recording(called, Clip(found.path), source=source)

    def _free(self, name: str, source: str) -> str:
        free, number = name, 1
        while free in self._taken:
            number += 1
            free = f"{name} ({number})"
        self._taken[free] = source
        return free


def _table(file: Path, truth: str | None) -> Iterator[Recording | Refusal]:
    needed = ("path",) if truth is None else ("path", truth)
    for cells, where in rows(file, needed):
        where = _text(where)
        try:
            found = clips.clip(cells, file.parent)
        except Refused as error:
            yield Refusal(cells.get("id") or cells["path"] or where, str(error), where)
            continue
        yield Recording(
            id=cells.get("id") or clips.name(cells["path"], found),
            clip=found,
            truth=cells[truth] or None if truth else None,
            attributes={
                column: value
                for column, value in cells.items()
                if value and column not in {*clips.COLUMNS, "id", truth}
            },
            source=where,
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle is listed, and refused when it is opened
        return False


def _own_name(folder: Path) -> str:
    """What a folder is called, also where it was named as "." or ".."."""
    return _text(folder.name if folder.name not in ("", "..") else folder.resolve().name)


def _text(name: str | Path) -> str:
    """A name as valid text; bytes that are not UTF-8 are written as \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
