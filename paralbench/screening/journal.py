"""journal.jsonl: what a run has done, so that the same command resumes from there.

The first line identifies the run: the bundle, the version of this package, and the settings that
change a row. A damaged line is ignored and its recording is examined again; a later line on a
recording replaces an earlier one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import paralbench
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.screened import Screened
from paralbench.screening.chained_log import ChainedLog, checked_lines

NAME = "journal.jsonl"
_FORMAT = "paralbench-journal/1"
_OURS = {".lock", "salt", ".scratch", "incoming"}


@dataclass(frozen=True, slots=True)
class Run:
    """What all rows of an output folder have in common."""

    bundle: str
    paralbench: str = paralbench.__version__
    pseudonyms: str = ""
    """A digest of the salt; empty where recordings keep their names."""


class Journal:
    """The journal of one output folder, open for appending.

    Attributes:
        done: recordings already examined, by id.
        audited: sha256 of the audit log's lines that the journal holds.
        damaged: how many lines could not be used.

    Raises:
        ParalbenchError: where the folder holds another run.
    """

    def __init__(self, folder: Path, run: Run) -> None:
        file = folder / NAME
        begun, self.done, self.audited, self.damaged = _read(file)
        if begun is None and self.damaged:
            raise ParalbenchError(
                f"{file}: its first line is damaged. Choose an empty folder with -o."
            )
        if begun is not None and begun != run:
            raise ParalbenchError(
                f"{folder}: it holds a run begun {_difference(begun, run)}; rows of both must not be "
                "mixed. Choose another folder with -o."
            )
        self._log = ChainedLog(file)
        if begun is None:
            self._log.append({"format": _FORMAT, "run": asdict(run)})

    def add(self, screened: Screened, audit: str) -> None:
        """Record a recording's result; ``audit`` is the sha256 of the audit log's line on it."""
        values = screened.model_dump(mode="json")
        self._log.append({"found": values, "audit": audit})
        # As a resumed run would read it, so that both write the same report: 0.0, never 0.
        self.done[screened.id] = Screened.checked(values, NAME)
        self.audited.append(audit)

    def mark(self, audit: str) -> None:
        """Record the sha256 of an audit line that is about no recording."""
        self._log.append({"audit": audit})
        self.audited.append(audit)

    def close(self) -> None:
        """Flush the journal to disk and close it."""
        self._log.close()


def check_empty(folder: Path) -> None:
    """Raise :class:`ParalbenchError` where a folder holds files but no earlier run."""
    if (folder / NAME).exists():
        return
    others = sorted(
        file.name
        for file in folder.iterdir()
        if file.name not in _OURS and not file.match(".salt.*.part")
    )
    if others:
        raise ParalbenchError(
            f"{folder}: expected an empty folder or an earlier run's, it holds {others[0]!r}"
            f"{' and more' if len(others) > 1 else ''}. Choose another with -o."
        )


def audited(folder: Path) -> list[str]:
    """The sha256 of the audit log's lines that a folder's journal holds.

    Raises:
        ParalbenchError: where there is no journal, or a line of it is damaged.
    """
    file = folder / NAME
    begun, _, known, damaged = _read(file)
    if begun is None or damaged:
        what = f"{damaged} of its lines are damaged" if damaged else "there is no journal"
        raise ParalbenchError(f"{file}: {what}; expected what 'paralbench screen -o' writes.")
    return known


def results(folder: Path) -> dict[str, Screened]:
    """The recordings that a folder's journal holds, by id."""
    return _read(folder / NAME)[1]


def _read(file: Path) -> tuple[Run | None, dict[str, Screened], list[str], int]:
    begun: Run | None = None
    done: dict[str, Screened] = {}
    known: list[str] = []
    damaged = 0
    for number, values in enumerate(checked_lines(file), start=1):
        if values is None:
            damaged += 1
        elif number == 1 and values.get("format") == _FORMAT:
            begun = Run(**values["run"])
        else:
            if "found" in values:
                try:
                    screened = Screened.checked(values["found"], f"{file}:{number}")
                except CardError:
                    damaged += 1
                    continue
                done[screened.id] = screened
            known.append(values["audit"])
    return begun, done, known, damaged


def _difference(begun: Run, run: Run) -> str:
    if begun.bundle != run.bundle:
        return f"with another bundle ({begun.bundle[:12]}…, this is {run.bundle[:12]}…)"
    if begun.paralbench != run.paralbench:
        return f"with paralbench {begun.paralbench}, this is {run.paralbench}"
    if begun.pseudonyms and run.pseudonyms:
        return "with another salt"
    return f"{'with' if begun.pseudonyms else 'without'} --pseudonymise"
