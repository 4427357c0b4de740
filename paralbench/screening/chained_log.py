"""A log of JSON lines that only grows; each line holds the sha256 of the line before it.

``line`` is a line's number from 1, ``before`` the hash of the previous line, and ``check`` a checksum
of the line itself, by which a damaged line is recognised wherever it stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from paralbench.system.json_lines import Lines, complete, decoded, encoded

FIRST = "0" * 64
"""What the first line holds as the hash of the line before it."""


class ChainedLog:
    """Appends to one log; the caller holds the folder's lock.

    Attributes:
        head: sha256 of the last complete line.
    """

    def __init__(self, file: Path) -> None:
        self._lines = Lines(file)
        self._count, self.head = 0, FIRST
        for line in complete(file):
            self._count, self.head = self._count + 1, digest(line)

    def append(self, values: Mapping[str, Any]) -> str:
        """Add a line and return its sha256."""
        line = _with_check({**values, "line": self._count + 1, "before": self.head})
        self._lines.append(line)
        self._count, self.head = self._count + 1, digest(line)
        return self.head

    def close(self) -> None:
        """Flush the log to disk and close it."""
        self._lines.close()


def digest(line: bytes) -> str:
    """The sha256 by which the next line refers to this one."""
    return hashlib.sha256(line).hexdigest()


def checked_lines(file: Path) -> Iterator[dict[str, Any] | None]:
    """The complete lines of a log; None for a line that does not match its checksum."""
    for line in complete(file):
        values = decoded(line)
        if values is not None:
            values.pop("check", None)
        yield values if values is not None and _with_check(values) == line else None


def _with_check(values: Mapping[str, Any]) -> bytes:
    return encoded({**values, "check": hashlib.sha256(encoded(values)).hexdigest()[:16]})
