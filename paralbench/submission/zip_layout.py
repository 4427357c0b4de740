"""The bytes of a submission's zip: members side by side from the first byte, then the directory.

Bytes before, between and after the members belong to none of them; a reader that begins at the other
end, or at the first header, may see another archive in them.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

from paralbench.submission import layout

_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_CENTRAL = 46 + 1000
"""Bytes of a member in the directory: a fixed part, its name, dates."""
_DESCRIPTORS = (0, 12, 16)
"""Bytes between a member written to a stream and the next: its sizes and checksum."""


def end_fault(file: Path) -> str:
    """The fault of an archive's end, read before its directory is; "" for none."""
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(max(0, size - _END.size))
        end = opened.read()
    if len(end) < _END.size or not zipfile.is_zipfile(file):
        raise zipfile.BadZipFile("it is no zip file")
    signature, _, _, _, count, length, start, comment = _END.unpack(end)
    if signature != b"PK\x05\x06" or comment or start + length + _END.size != size:
        return "expected the list of members at its end; bytes stand before, between or after"
    if count > layout.FILES or length > layout.FILES * _CENTRAL:
        return f"expected at most {layout.FILES} files, got {count}"
    return ""


def members_fault(file: Path, entries: Sequence[zipfile.ZipInfo], directory: int) -> str:
    """The fault of the members' places, up to the ``directory``'s; "" for none."""
    position = 0
    with file.open("rb") as opened:
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            gap = entry.header_offset - position
            if gap not in _DESCRIPTORS or (gap and not position):
                return f"{gap} bytes before {entry.filename!a} belong to no file"
            opened.seek(entry.header_offset)
            header = opened.read(_LOCAL.size)
            if len(header) < _LOCAL.size:
                return f"the header of {entry.filename!a} is cut off"
            *_, name, extra = _LOCAL.unpack(header)
            position = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
    if directory - position not in _DESCRIPTORS:
        return f"{directory - position} bytes before the list of members belong to no file"
    return ""
