"""audit.jsonl: who screened what, when, with what. Each line holds the sha256 of the line before.

Whoever changes, removes or moves a line breaks the chain at that place. The journal holds the
sha256 of every line, so that cutting off the end is noticed too. Whoever rewrites both files by
program is not noticed: for that, keep the last sha256, which a run prints, in another place.
"""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paralbench.system.json_lines import Lines, decoded, encoded, whole

NAME = "audit.jsonl"
_FIRST = "0" * 64


class Audit:
    """The log of one output folder, open for adding to it."""

    def __init__(self, folder: Path) -> None:
        file = folder / NAME
        self._lines = Lines(file)
        self._count, self.head = 0, _FIRST
        for line in whole(file):
            self._count, self.head = self._count + 1, _digest(line)
        self._who = _user()

    def append(self, event: str, **told: Any) -> str:
        """Add a line and return its sha256."""
        line = encoded({
            "line": self._count + 1, "before": self.head, "event": event, "who": self._who,
            "when": datetime.now(UTC).isoformat(timespec="seconds"), **told,
        })  # fmt: skip
        self._lines.append(line)
        self._count, self.head = self._count + 1, _digest(line)
        return self.head

    def close(self) -> None:
        """Put it on the disk and close it."""
        self._lines.close()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a log is intact; ``line`` is where it is not, from 1, and ``said`` is in words."""

    intact: bool
    line: int | None
    said: str


def verify(folder: Path, kept: Collection[str]) -> Verdict:
    """Prove a log, given the sha256 of its lines as the journal keeps them."""
    lines = list(whole(folder / NAME))
    before, left = _FIRST, set(kept)
    for number, line in enumerate(lines, start=1):
        told = decoded(line)
        if told is None:
            return _broken(number, "is no line of this log: it was changed")
        place = told.get("line")
        if place != number:
            later = isinstance(place, int) and place > number
            what = "line(s) before it were removed, or lines were moved" if later else "was moved"
            return _broken(number, f"{what} (it says of itself that it is line {place})")
        if told.get("before") != before:
            return _broken(max(1, number - 1), "was changed: the line after it does not fit it")
        before = _digest(line)
        left.discard(before)
    if lines and not left and before not in kept:
        # A line is written here first and told to the journal after it; a killed run may not have.
        return Verdict(
            True,
            None,
            f"intact: {len(lines)} lines; the journal does not know the last, so a run was stopped.",
        )
    if left or before not in kept:
        changed = bool(lines) and before not in kept
        where = len(lines) if changed else len(lines) + 1
        what = (
            "was changed: the journal knows another"
            if changed
            else f"is missing: the end was cut off, {len(left)} line(s) that the journal knows"
        )
        return _broken(where, what)
    return Verdict(True, None, f"intact: {len(lines)} lines, the last is {before}.")


def _broken(line: int, what: str) -> Verdict:
    return Verdict(False, line, f"not intact: line {line} {what}.")


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name
        return "unknown"
