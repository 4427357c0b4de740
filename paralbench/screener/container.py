"""The zip that a bundle is: stored, sorted, undated, so that its content determines its bytes.

Names, sizes and checksums of the members determine every byte between their contents. A reader
therefore writes this framing anew and compares: a file that was repacked, appended to, or changed in
one bit differs. (``zipfile`` cannot write a framing without its contents, and skips what it does
not know.) The format is PKWARE's (APPNOTE 6.3), without zip64.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from paralbench.records.errors import BundleError
from paralbench.system.member_names import name_faults

LARGEST = 2**32 - 2**20
"""Bytes of a bundle; more would need zip64."""
MOST = 1000
"""Members of a bundle."""
COMMENT = 64
"""The zip's comment is the bundle's sha256 in hexadecimal."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _UNIX = 20, 3
_DATE, _TIME = 0x21, 0  # 1 January 1980, the zip's own zero
_MODE = (stat.S_IFREG | 0o444) << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: its name, its size in bytes, and their CRC-32."""

    name: str
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Framing:
    """The bytes before each member's content and after the last one; and where contents begin."""

    headers: tuple[bytes, ...]
    starts: tuple[int, ...]
    tail: bytes


def framing(entries: Sequence[Entry], comment: str) -> Framing:
    """The framing of members in this order, with the comment at the end."""
    headers, starts, directory, position = [], [], b"", 0
    for entry in entries:
        name = entry.name.encode("ascii")
        common = (_VERSION, 0, 0, _TIME, _DATE, entry.crc, entry.size, entry.size, len(name), 0)
        headers.append(_LOCAL.pack(b"PK\x03\x04", *common) + name)
        rest = (0, 0, 0, _MODE, position)
        directory += _CENTRAL.pack(b"PK\x01\x02", _UNIX << 8 | _VERSION, *common, *rest) + name
        starts.append(position + len(headers[-1]))
        position = starts[-1] + entry.size
    count = len(entries)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), position, len(comment))
    return Framing(tuple(headers), tuple(starts), directory + end + comment.encode("ascii"))


def read(file: BinaryIO, size: int) -> tuple[list[Entry], Framing, str]:
    """The members, verified framing and comment of an open file of ``size`` bytes.

    Contents are not read.

    Raises:
        BundleError: for anything that :func:`framing` would not have written.
    """
    if size > LARGEST:
        raise BundleError(f"it has {size} bytes, at most {LARGEST} are allowed")
    file.seek(0)
    end_at = size - _END.size - COMMENT
    if end_at < 0 or file.read(4) != b"PK\x03\x04":
        raise BundleError("it is not a bundle (no zip file begins like this)")
    file.seek(end_at)
    end = file.read(_END.size)
    comment = file.read(COMMENT).decode("latin-1")
    signature, _, _, _, count, length, start, comment_length = _END.unpack(end)
    if signature != b"PK\x05\x06" or comment_length != COMMENT or start + length != end_at:
        raise BundleError("it was cut off, appended to or repacked (no bundle ends like this)")
    if not 0 < count <= MOST:
        raise BundleError(f"it lists {count} members, expected 1 to {MOST}")
    if length > count * (_CENTRAL.size + 1000):
        raise BundleError("its list of members is larger than its members' names can make it")
    file.seek(start)
    entries = _directory(file.read(length), count)
    check_names([entry.name for entry in entries])
    if not comment.isascii():
        raise BundleError("its hash at the end is damaged")
    expected = framing(entries, comment)
    if expected.starts[-1] + entries[-1].size + len(expected.tail) != size:
        raise BundleError("its members' sizes do not add up to its own: it was changed or repacked")
    for entry, content, header in zip(entries, expected.starts, expected.headers, strict=True):
        file.seek(content - len(header))
        if file.read(len(header)) != header:
            raise BundleError(f"the zip header of {entry.name!r} was changed or repacked")
    file.seek(size - len(expected.tail))
    if file.read() != expected.tail:
        raise BundleError("its list of members was changed or repacked")
    return entries, expected, comment


def _directory(content: bytes, count: int) -> list[Entry]:
    entries, position = [], 0
    for _ in range(count):
        if content[position : position + 4] != b"PK\x01\x02":
            raise BundleError("its list of members is damaged")
        try:
            fields = _CENTRAL.unpack_from(content, position)
        except struct.error:
            raise BundleError("its list of members is damaged") from None
        flags, method, crc, stored, size, name_length = *fields[3:5], *fields[7:11]
        position += _CENTRAL.size
        name = content[position : position + name_length].decode("latin-1")
        position += name_length + fields[11] + fields[12]
        if stat.S_ISLNK(fields[15] >> 16):
            raise BundleError(f"its member {name!r} is a link; only plain files are allowed")
        if method or stored != size:
            raise BundleError(f"its member {name!r} is compressed; in a bundle members are stored")
        if flags & 1:
            raise BundleError(f"its member {name!r} is encrypted; in a bundle members are stored")
        entries.append(Entry(name, size, crc))
    return entries


def check_names(names: Sequence[str]) -> None:
    """Raise :class:`BundleError` for names that could mean another file than they say."""
    for name, fault in zip(names, name_faults(names), strict=True):
        if fault is not None:
            raise BundleError(f"its member {name[:200]!r} {fault}")
