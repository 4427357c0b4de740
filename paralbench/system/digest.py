"""SHA-256 of files."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path


def file_digest(file: Path) -> str:
    """The SHA-256 of a file's content in hexadecimal, read in pieces.

    Raises:
        OSError: for an unreadable file, or a pipe, socket or device, which might never end.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(file))
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
