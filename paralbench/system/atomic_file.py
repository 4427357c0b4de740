"""Files that are complete or absent, even after a crash or a power cut."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_path(file: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield an empty scratch file in the same folder, which replaces ``file`` at the end.

    The scratch file is removed if the block raises. A missing folder is created.

    Args:
        file: the file to create or replace.
        private: whether only the owner may read it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = scratch_path(file)
    os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
    try:
        yield scratch
        with scratch.open("rb+") as content:
            os.fsync(content.fileno())
        scratch.replace(file)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # Windows cannot open a folder; some file systems cannot sync one
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_atomically(file: Path, content: bytes | str, *, private: bool = False) -> None:
    """Write bytes, or text as UTF-8; arguments as for :func:`atomic_path`."""
    with atomic_path(file, private=private) as scratch:
        scratch.write_bytes(content.encode() if isinstance(content, str) else content)


def scratch_path(file: Path) -> Path:
    """A name that no other process uses, hidden and ending in ``.part``."""
    return file.with_name(f".{file.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.part")
