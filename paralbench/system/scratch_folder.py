"""Folders for temporary files that do not outlive their process, even one that was killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from filelock import FileLock, Timeout

from paralbench.system.folder_lock import Lock

NO_NUMBERS = "it holds temporary files"

_PREFIX = ".scratch-"


@contextmanager
def scratch_folder(parent: Path | None) -> Iterator[Path]:
    """A folder in ``parent`` that is removed at the end, or else by the next one to be made there.

    The system releases the lock on it when its process dies, however that happens. Without a parent it
    is in the system's temporary folder, where nothing sweeps.
    """
    if parent is None:
        with TemporaryDirectory(prefix="paralbench-") as folder:
            yield Path(folder)
        return
    parent.mkdir(parents=True, exist_ok=True)
    with Lock(parent, ".scratch.lock", lambda: None):  # nobody sweeps a folder before it is locked
        _sweep(parent)
        scratch = Path(mkdtemp(prefix=_PREFIX, dir=parent))
        lock = FileLock(scratch / "lock", thread_local=False)
        lock.acquire(timeout=0)
    try:
        yield scratch
    finally:
        lock.release()
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            with FileLock(folder / "lock", timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError):
            continue
