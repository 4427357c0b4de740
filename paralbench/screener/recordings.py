"""The recordings to screen: folders, single files and CSV lists; one row for each recording.

In a folder and below it, every file with the suffix of an audio format is a row, whatever its content
(a Git-LFS pointer named .wav is a row, and the gate says what it is). Other files, hidden ones and
__MACOSX are not; they are counted by suffix for the report. A file named on its own is a row whatever
its suffix. Links are followed; a folder is entered once.

A CSV needs the column ``path``, relative to it. ``id``, ``start``, ``end`` (seconds) and ``channel``
(from 0) are optional, one column may hold the truth, and all others are attributes.
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
_TABLES = {".csv", ".tsv"}


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording to screen.

    Args:
        id: unique in a run; valid text, whatever bytes the file's name is made of.
        clip: its file and the part of it.
        truth: the value in the column of truth.
        attributes: the CSV's other columns, for subgroups ("sex", "age", "language").
        source: where it was listed, "file:line", or the input folder or file.
    """

    id: str
    clip: Clip
    truth: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


class Recordings:
    """Every recording below ``inputs``, always in the same order: as given, then by name.

    Iterating walks the folders anew and lazily; a line of a CSV, or a folder, that cannot be used is
    yielded as a Refusal with an id, and is a row like the others. ``passed_over`` counts files that
    are not recordings by suffix, as far as the last iteration came.

    Ids are those of the CSV, else the path within the input folder, preceded by that folder's name.
    Of two files with one id, the second becomes "id (2)"; a repeated id in CSVs is refused.

    Args:
        inputs: recordings, folders and CSV lists.
        truth: the column of truth, or None.
        quoted: whether a refusal's reason may quote a cell or a path.

    Raises:
        UsageError: where an input does not exist, or a CSV lacks the column of truth.
        ParalbenchError: where a CSV cannot be read; all are read at once, before any scoring.
    """

    def __init__(
        self, inputs: Sequence[Path], truth: str | None = None, quoted: bool = True
    ) -> None:
        self.passed_over: Counter[str] = Counter()
        self._inputs, self._quoted = list(inputs), quoted
        for path in self._inputs:
            if not os.path.lexists(path):
                raise UsageError(
                    f"{_text(path)}: expected a recording, a folder or a CSV; there is nothing."
                )
        self._tables = {
            path: list(_table(path, truth, quoted))
            for path in self._inputs
            if path.suffix.lower() in _TABLES and path.is_file()
        }
        if truth is not None and not self._tables:
            raise UsageError(f"a column of truth ('{truth}') needs a CSV, and none was given.")

    def __iter__(self) -> Iterator[Recording | Refusal]:
        self.passed_over.clear()
        taken: dict[str, str] = {}
        for path in self._inputs:
            source = str(path)
            if path in self._tables:
                yield from (self._with_unique_id(row, taken) for row in self._tables[path])
                continue
            files = self._below(path) if path.is_dir() else [(_text(path.name), path, "")]
            for name, file, problem in files:
                unique = _unique(name, source, taken)
                if problem:
                    yield Refusal(unique, problem, source)
                else:
                    yield Recording(unique, Clip(file), source=source)

    def _with_unique_id(
        self, row: Recording | Refusal, taken: dict[str, str]
    ) -> Recording | Refusal:
        """A CSV's row; refused where its id is taken."""
        if isinstance(row, Refusal):
            return Refusal(_unique(row.subject, row.where, taken), row.reason, row.where)
        if row.id not in taken:
            taken[row.id] = row.source
            return row
        place = taken[row.id] if self._quoted else "another line or file"
        reason = f"its id is already used at {place}; every recording needs its own"
        return Refusal(_unique(row.id, row.source, taken), reason, row.source)

    def _below(self, top: Path) -> Iterator[tuple[str, Path, str]]:
        """Name, path and problem of a folder's audio files, sorted by the bytes of their names.

        The files of a folder come before those of its folders; only a folder has a problem.
        """
        # A folder given as "." or ".." has its real name.
        name = _text(top.name if top.name not in ("", "..") else top.resolve().name)
        stack, seen = [(top, name)], set()
        while stack:
            folder, name = stack.pop()
            try:
                state = folder.stat()
                if (state.st_dev, state.st_ino) in seen:
                    continue
                seen.add((state.st_dev, state.st_ino))
                entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
            except OSError as error:
                yield name, folder, f"the folder cannot be opened ({error.strerror or error})"
                continue
            folders = []
            for entry in entries:
                path, entry_name = folder / entry.name, f"{name}/{_text(entry.name)}"
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    self.passed_over["hidden"] += 1
                elif _is_folder(entry):
                    folders.append((path, entry_name))
                elif path.suffix.lower() in SUFFIXES:
                    yield entry_name, path, ""
                else:
                    self.passed_over[_text(path.suffix.lower())] += 1
            stack += reversed(folders)


def _unique(name: str, source: str, taken: dict[str, str]) -> str:
    """``name``, or "name (2)" and so on where it is taken."""
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    taken[unique] = source
    return unique


def _table(file: Path, truth: str | None, quoted: bool) -> Iterator[Recording | Refusal]:
    for cells, where in rows(file, ("path",) if truth is None else ("path", truth)):
        where = _text(where)
        try:
            clip = clips.clip(cells, file.parent, quoted)
        except Refused as error:
            yield Refusal(cells.get("id") or cells["path"] or where, str(error), where)
            continue
        yield Recording(
            id=cells.get("id") or clips.name(cells["path"], clip),
            clip=clip,
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
    except OSError:  # a circular link is listed, and refused when it is opened
        return False


def _text(name: str | Path) -> str:
    """A name as valid text; bytes that are not UTF-8 are written as \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
