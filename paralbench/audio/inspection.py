"""Refuse a file that is not audio by its first bytes, with the reason, before it is decoded."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from paralbench.audio import declared, ogg, recognition
from paralbench.audio.recognition import Container
from paralbench.records.errors import Refused

_LFS = b"version https://git-lfs"
_WEB_PAGE = (b"<!doctype html", b"<html")
_APPLE_DOUBLE = b"\x00\x05\x16\x07"
_EXCERPT = 512  # bytes that show whether a file is text
_SPHERE = b"NIST_1A\n"  # its header is text
_OTHERS = {
    b"\x89PNG\r\n": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture", b"MM\x00*": "a TIFF picture",
    b"%PDF": "a PDF document", b"PK\x03\x04": "a ZIP archive or office document",
    b"\xd0\xcf\x11\xe0": "an old office document", b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive", b"MZ\x90\x00": "a Windows program",
    b"\x7fELF": "a Linux program", b"SQLite format 3": "a database", b"\x80\x04\x95": "a Python pickle",
}  # fmt: skip
"""First bytes of files that are often named like audio by mistake."""


def inspect(path: Path) -> Container:
    """The container of a file; raises :class:`Refused` for one that cannot be complete audio.

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
            head = file.read(recognition.LENGTH)
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
    for signature, kind in _OTHERS.items():
        if head.startswith(signature):
            raise Refused(f"it is {kind}{_named(path)}")
    if not head.startswith(_SPHERE) and _is_text(head[:_EXCERPT]):
        kind = "a web page" if head.lstrip().lower().startswith(_WEB_PAGE) else "a text file"
        raise Refused(f"it is {kind}, not audio")  # its text may name a patient
    return recognition.recognised(path, head)


def _named(path: Path) -> str:
    """How the file pretends to be audio by its suffix, which names nobody."""
    return f" named {path.suffix.lower()}" if path.suffix[1:].isalnum() else ", not audio"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character may be cut at the end of the excerpt
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(sign.isprintable() or sign in "\r\n\t\ufeff" for sign in text)
