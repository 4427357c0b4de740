"""A lock that admits one process at a time to a folder.

The operating system releases it when the process ends; a lock file left by a crash is harmless.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from paralbench.records.errors import ParalbenchError

NAME = ".lock"


class Lock:
    """A context manager that locks an existing folder.

    Args:
        folder: the folder.
        name: of the lock file in it.
        waiting: called once before waiting for another process; None to refuse instead of waiting.

    Raises:
        ParalbenchError: on entering, if another process has the lock and ``waiting`` is None.
    """

    def __init__(
        self, folder: Path, name: str = NAME, waiting: Callable[[], None] | None = None
    ) -> None:
        self._folder, self._file, self._waiting = folder, folder / name, waiting
        self._lock = FileLock(self._file, thread_local=False)

    def __enter__(self) -> Self:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            if self._waiting is None:
                raise self._refusal() from None
            self._waiting()
            self._lock.acquire()
        with self._file.open("rb+") as content:
            content.seek(1)  # Windows forbids access to the first byte, which is locked
            content.write(f"{os.getpid():<20}\n".encode())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def _refusal(self) -> ParalbenchError:
        with self._file.open("rb") as content:
            content.seek(1)
            process = content.read(20).decode("ascii", "replace").strip()
        return ParalbenchError(
            f"{self._folder}: another run is writing there"
            f"{f' (process {process})' if process else ''}. Wait until it is done, or choose another "
            "folder with -o."
        )
