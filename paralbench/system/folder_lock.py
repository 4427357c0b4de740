"""One run at a time in an output folder.

The lock is the system's, on an open file, so it ends with the process that holds it, however that
ended; a file left by a crash locks nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from paralbench.records.errors import ParalbenchError

NAME = ".lock"


class Lock:
    """Holds an output folder while the context lasts.

    Raises:
        ParalbenchError: on entering, where another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
        if not _taken(self._descriptor):
            os.lseek(self._descriptor, 1, os.SEEK_SET)  # on Windows the locked byte is not read
            said = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise ParalbenchError(
                f"{self._folder}: another run is writing there"
                f"{f' (process {said})' if said else ''}. Wait until it is done, or choose another "
                "folder with -o."
            )
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f" {os.getpid()}\n".encode())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


def _taken(descriptor: int) -> bool:
    """Whether the lock could be had, without waiting. The first byte stands for the file."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
