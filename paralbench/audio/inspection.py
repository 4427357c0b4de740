"""Refuse a file that is not audio by its first bytes, with the reason, before it is decoded."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO

from paralbench.records.errors import Refused

_LFS = b"version https://git-lfs"
_APPLE_DOUBLE = b"\x00\x05\x16\x07"
_SPHERE = b"NIST_1A\n"  # its header is text
_UNKNOWN_LENGTH = {0, 0xFFFFFFFF, 0x7FFFFFFF}


def inspect(path: Path) -> None:
    """Raise :class:`Refused` for a file that cannot be complete audio.

    Catches what decoders report badly or not at all: empty files, Git-LFS pointers, AppleDouble
    files, text, web pages, and RIFF files whose header declares more than the file holds.
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
            if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
                _inspect_riff(file, head, size)
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


def _inspect_riff(file: BinaryIO, head: bytes, size: int) -> None:
    position = 12
    while position + 8 <= size:
        chunk = head[position : position + 8]
        if len(chunk) < 8:
            file.seek(position)
            chunk = file.read(8)
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            stored = size - position - 8
            if length not in _UNKNOWN_LENGTH and length > stored:
                raise Refused(
                    f"truncated: its header declares {length} bytes of audio, the file holds {stored}"
                )
            if stored == 0:
                raise Refused("it has a header and no audio")
            return
        position += 8 + length + (length & 1)
    raise Refused("truncated: the WAV header ends before any audio")
