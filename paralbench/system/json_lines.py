"""A file of JSON lines that only grows, and survives that its writer is killed.

Each line is handed to the system at once, so a killed process loses none; it is put on the disk at
most a second later, so a power cut loses what was written in the last second. A last line without
its end was being written when the process was killed: it is cut off before anything is added.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_SYNC_EVERY = 1.0


class Lines:
    """Appends to one file; the caller alone does (see :mod:`paralbench.system.folder_lock`)."""

    def __init__(self, file: Path) -> None:
        self._opened = file.open("ab", buffering=0)
        self._opened.truncate(sum(map(len, whole(file))))
        self._opened.seek(0, os.SEEK_END)
        self._synced = time.monotonic()

    def append(self, line: bytes) -> None:
        """Add a line, given with its end."""
        self._opened.write(line)
        if time.monotonic() - self._synced > _SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """Put all that was written on the disk."""
        os.fsync(self._opened.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync, and close the file."""
        self.sync()
        self._opened.close()


def whole(file: Path) -> Iterator[bytes]:
    """The complete lines of a file, with their ends; none where there is no such file."""
    try:
        with file.open("rb") as opened:
            for line in opened:
                if line.endswith(b"\n"):
                    yield line
    except FileNotFoundError:
        return


def encoded(values: Mapping[str, Any]) -> bytes:
    """One line; raises :class:`ValueError` for NaN and infinity."""
    text = json.dumps(
        values, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return text.encode() + b"\n"


def decoded(line: bytes) -> dict[str, Any] | None:
    """What stands in a line; None where it is no JSON object."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
