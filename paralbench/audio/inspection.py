"""Refuse a file that is not audio by its first bytes, with the reason, before it is decoded."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from paralbench.audio import declared, ogg
from paralbench.records.errors import Refused

_LFS = b"version https://git-lfs"
_APPLE_DOUBLE = b"\x00\x05\x16\x07"
_SPHERE = b"NIST_1A\n"  # its header is text


def inspect(path: Path) -> None:
    """Raise :class:`Refused` for a file that cannot be complete audio.

    Catches what decoders report badly or not at all: empty files, Git-LFS pointers, AppleDouble
    files, text, web pages, files whose header declares more audio than they hold, and Ogg files with
    a damaged or missing page.
    """
    try:
        mode = path.stat().st_mode
        # Before it is opened: opening a pipe or a device could block for ever.
        if stat.S_ISDIR(mode):
            raise Refused("it is a folder, not a file")
        if not stat.S_ISREG(mode):
            raise Refused("it is a pipe, socket or device, not a file")
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(512)
            declared.inspect(file, head, size)
        if head.startswith(ogg.SIGNATURE):
            ogg.inspect(path)
    except FileNotFoundError:
        raise Refused("the file does not exist") from None
    except ValueError:
        raise Refused("its name holds a NUL character") from None
    except OSError as error:
        raise Refused(f"it cannot be opened ({error.strerror or error})") from None
    if size == 0:
        raise Refused("the file is empty (0 bytes)")
    if head.startswith(_LFS):
        raise Refused("it is a Git-LFS pointer, not audio; run 'git lfs pull' where it came from")
    if head.startswith(_APPLE_DOUBLE):
        raise Refused("it is an AppleDouble file (macOS metadata), not audio")
    if not head.startswith(_SPHERE) and _is_text(head):
        raise Refused("it is a text file, not audio")  # its text may name a patient


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character may be cut at the end of the excerpt
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(sign.isprintable() or sign in "\r\n\t\ufeff" for sign in text)
