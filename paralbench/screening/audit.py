"""audit.jsonl: who screened what, when, and with which bundle, as a hash-chained log.

Changing, removing or moving a line breaks the chain at that line. The journal holds the sha256 of
every line, so a truncated log is noticed too. Someone who rewrites both files consistently is not
noticed; against that, keep the last sha256, which a run prints, somewhere else.
"""

from __future__ import annotations

import getpass
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paralbench.screening.chained_log import FIRST, ChainedLog, digest
from paralbench.system.json_lines import complete, decoded

NAME = "audit.jsonl"


class Audit:
    """The audit log of one output folder, open for appending."""

    def __init__(self, folder: Path) -> None:
        self._log = ChainedLog(folder / NAME)
        try:
            self._user = getpass.getuser()
        except (KeyError, OSError, ImportError):  # an account without a name
            self._user = "unknown"

    def append(self, event: str, **values: Any) -> str:
        """Add a line and return its sha256."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        return self._log.append({"event": event, "who": self._user, "when": when, **values})

    def close(self) -> None:
        """Flush the log to disk and close it."""
        self._log.close()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a log is intact, in words; ``line`` is the first broken line, from 1."""

    intact: bool
    line: int | None
    message: str


def verify(folder: Path, journalled: Collection[str]) -> Verdict:
    """Verify an audit log against the sha256 of its lines that the journal holds."""
    before, missing, number = FIRST, set(journalled), 0
    for number, line in enumerate(complete(folder / NAME), start=1):
        values = decoded(line)
        if values is None:
            return _broken(number, "is not a line of this log: it was changed")
        place = values.get("line")
        if place != number:
            later = isinstance(place, int) and place > number
            what = "line(s) before it were removed, or lines were moved" if later else "was moved"
            return _broken(number, f"{what} (it is numbered {place})")
        if values.get("before") != before:
            return _broken(max(1, number - 1), "was changed: the next line does not match it")
        before = digest(line)
        missing.discard(before)
    unknown = number > 0 and before not in journalled
    if unknown and not missing:
        # A line is written to this log first and to the journal second; a kill may come in between.
        return Verdict(
            True, None,
            f"intact: {number} lines; the last is not in the journal, so a run was stopped there.",
        )  # fmt: skip
    if unknown:
        return _broken(number, "was changed: the journal has another hash for it")
    if missing or not number:
        return _broken(
            number + 1, f"is missing: the end was cut off, {len(missing)} line(s) in the journal"
        )
    return Verdict(True, None, f"intact: {number} lines, the last is {before}.")


def _broken(line: int, what: str) -> Verdict:
    return Verdict(False, line, f"not intact: line {line} {what}.")
