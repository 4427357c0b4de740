"""journal.jsonl: what is done of a run, so that the same command goes on from there.

The first line says what the run is: the bundle, the version of this package, the settings that
change a row. Each line holds a checksum of itself. A line that is damaged is as if it were not
there, and its recording is done again; a later line of a recording replaces an earlier one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paralbench
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.screened import Screened
from paralbench.system.json_lines import Lines, decoded, encoded, whole

NAME = "journal.jsonl"
_FORMAT = "paralbench-journal/1"
_OURS = {".lock", "salt", ".salt.part", ".scratch", "incoming"}


@dataclass(frozen=True, slots=True)
class Run:
    """What all rows of an output folder have in common."""

    bundle: str
    paralbench: str = paralbench.__version__
    pseudonyms: str = ""
    """A digest of the salt; empty where recordings have their own names."""

    def told(self) -> dict[str, str]:
        """As it stands in the first line."""
        return {
            "bundle": self.bundle,
            "paralbench": self.paralbench,
            "pseudonyms": self.pseudonyms,
        }


class Journal:
    """The journal of one output folder, open for adding to it.

    Attributes:
        done: what was found before, by id.
        audited: sha256 of the audit log's lines, as far as the journal knows of them.
        damaged: lines that could not be used.

    Raises:
        ParalbenchError: where the folder holds another run, or something else altogether.
    """

    def __init__(self, folder: Path, run: Run) -> None:
        file = folder / NAME
        begun, self.done, self.audited, self.damaged = _read(file)
        if begun is None and self.damaged:
            raise ParalbenchError(
                f"{file}: its first line is damaged. Choose an empty folder with -o."
            )
        if begun is not None and begun != run.told():
            raise ParalbenchError(_another(folder, begun, run))
        self._lines = Lines(file)
        if begun is None:
            self._append({"format": _FORMAT, "run": run.told()})

    def add(self, found: Screened, audit: str) -> None:
        """Keep what was found; ``audit`` is the sha256 of the log's line on it."""
        self._append({"found": found.model_dump(), "audit": audit})
        self.done[found.id] = found
        self.audited.append(audit)

    def mark(self, audit: str) -> None:
        """Keep the sha256 of a line of the log that is on no recording."""
        self._append({"audit": audit})
        self.audited.append(audit)

    def close(self) -> None:
        """Put it on the disk and close it."""
        self._lines.close()

    def _append(self, told: dict[str, Any]) -> None:
        self._lines.append(_signed(told))


def check_empty(folder: Path) -> None:
    """Refuse a folder that holds anything before a first run.

    Raises:
        ParalbenchError: naming what stands there.
    """
    if (folder / NAME).exists():
        return
    others = sorted(one.name for one in folder.iterdir() if one.name not in _OURS)
    if others:
        raise ParalbenchError(
            f"{folder}: expected an empty folder or an earlier run's, it holds {others[0]!r}"
            f"{' and more' if len(others) > 1 else ''}. Choose another with -o."
        )


def audited(folder: Path) -> list[str]:
    """The sha256 of the audit log's lines that a folder's journal knows.

    Raises:
        ParalbenchError: where there is no journal, or a line of it is damaged.
    """
    file = folder / NAME
    begun, _, known, damaged = _read(file)
    if begun is None or damaged:
        what = f"{damaged} of its lines are damaged" if damaged else "there is no journal"
        raise ParalbenchError(f"{file}: {what}; expected what 'paralbench screen -o' writes.")
    return known


def _read(file: Path) -> tuple[dict[str, str] | None, dict[str, Screened], list[str], int]:
    begun: dict[str, str] | None = None
    done: dict[str, Screened] = {}
    known: list[str] = []
    damaged = 0
    for number, line in enumerate(whole(file)):
        told = decoded(line)
        if told is None or _signed(told := _unsigned(told)) != line:
            damaged += 1
            continue
        if number == 0 and told.get("format") == _FORMAT:
            begun = told["run"]
            continue
        if "found" in told:
            try:
                found = Screened.checked(told["found"], f"{file}:{number + 1}")
            except CardError:
                damaged += 1
                continue
            done[found.id] = found
        known.append(told["audit"])
    return begun, done, known, damaged


def _signed(told: dict[str, Any]) -> bytes:
    return encoded({**told, "check": hashlib.sha256(encoded(told)).hexdigest()[:16]})


def _unsigned(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "check"}


def _another(folder: Path, begun: dict[str, str], run: Run) -> str:
    if begun["bundle"] != run.bundle:
        differs = f"with another bundle ({begun['bundle'][:12]}…, this is {run.bundle[:12]}…)"
    elif begun["paralbench"] != run.paralbench:
        differs = f"with paralbench {begun['paralbench']}, this is {run.paralbench}"
    elif begun["pseudonyms"] and run.pseudonyms:
        differs = "with another salt"
    else:
        differs = f"{'with' if begun['pseudonyms'] else 'without'} --pseudonymise"
    return (
        f"{folder}: what stands there was begun {differs}, and rows of both must not be mixed. "
        "Choose another folder with -o."
    )
