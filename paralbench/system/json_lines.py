"""An append-only file of JSON lines that survives a killed writer.

Each line is written unbuffered, so a killed process loses none, and synced within a second, so a
power cut loses at most a second. An incomplete last line is removed before lines are appended.
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
    """Appends to a file; the caller ensures a single writer (:mod:`paralbench.system.folder_lock`)."""

    def __init__(self, file: Path) -> None:
        self._opened = file.open("ab", buffering=0)
        self._opened.truncate(sum(map(len, complete(file))))
        self._opened.seek(0, os.SEEK_END)
        self._synced = time.monotonic()

    def append(self, line: bytes) -> None:
        """Append a line, its line break included."""
        self._opened.write(line)
        if time.monotonic() - self._synced > _SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """Sync all lines to the disk."""
        os.fsync(self._opened.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync, and close the file."""
        self.sync()
        self._opened.close()


def complete(file: Path) -> Iterator[bytes]:
    """The complete lines of a file, with their line breaks; none if the file is missing."""
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
    """The JSON object of a line; None if there is none."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
