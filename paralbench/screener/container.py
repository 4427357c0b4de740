"""The zip that a bundle is: stored, sorted, without dates, so that its bytes follow from its content.

Every byte between the members' contents is determined by their names, sizes and checksums. A reader
therefore writes that framing anew and compares: what was repacked, appended to, or changed by a
single bit anywhere is not the same. The format is PKWARE's (APPNOTE 6.3), without zip64.
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
"""Bytes of a whole bundle; more would need zip64."""
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
    """One member: its name, the bytes it has, and their CRC-32."""

    name: str
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Framing:
    """What stands before each member's content, and after the last; and where contents begin."""

    headers: tuple[bytes, ...]
    starts: tuple[int, ...]
    tail: bytes


def framing(entries: Sequence[Entry], comment: str) -> Framing:
    """The framing of members in this order, with the comment at the end."""
    headers, starts, central, position = [], [], [], 0
    for entry in entries:
        name = entry.name.encode("ascii")
        common = (_VERSION, 0, 0, _TIME, _DATE, entry.crc, entry.size, entry.size, len(name), 0)
        headers.append(_LOCAL.pack(b"PK\x03\x04", *common) + name)
        made = _UNIX << 8 | _VERSION
        rest = (0, 0, 0, _MODE, position)
        central.append(_CENTRAL.pack(b"PK\x01\x02", made, *common, *rest) + name)
        starts.append(position + len(headers[-1]))
        position = starts[-1] + entry.size
    directory = b"".join(central)
    end = _END.pack(
        b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), position, len(comment)
    )
    return Framing(tuple(headers), tuple(starts), directory + end + comment.encode("ascii"))


def read(file: BinaryIO, size: int) -> tuple[list[Entry], str]:
    """The members that an open file of ``size`` bytes lists, and its comment; proved to be framed so.

    Contents are not looked at.

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
    tail = file.read(_END.size + COMMENT)
    signature, _, _, _, count, length, start, commented = _END.unpack(tail[: _END.size])
    if signature != b"PK\x05\x06" or commented != COMMENT or start + length != end_at:
        raise BundleError("it was cut off, appended to or repacked (no bundle ends like this)")
    if not 0 < count <= MOST:
        raise BundleError(f"it lists {count} members, expected 1 to {MOST}")
    if length > count * (_CENTRAL.size + 1000):
        raise BundleError("its list of members is larger than its members' names can make it")
    file.seek(start)
    entries = _directory(file.read(length), count)
    check_names([entry.name for entry in entries])
    comment = tail[_END.size :].decode("latin-1")
    _compare(file, size, entries, comment)
    return entries, comment


def _directory(content: bytes, count: int) -> list[Entry]:
    entries, position = [], 0
    for _ in range(count):
        fixed = content[position : position + _CENTRAL.size]
        if len(fixed) < _CENTRAL.size or fixed[:4] != b"PK\x01\x02":
            raise BundleError("its list of members is damaged")
        told = _CENTRAL.unpack(fixed)
        flags, method, crc, stored, size, length = *told[3:5], *told[7:11]
        position += _CENTRAL.size
        name = content[position : position + length].decode("latin-1")
        position += length + told[11] + told[12]
        if stat.S_ISLNK(told[15] >> 16):
            raise BundleError(f"its member {name!r} is a link; only plain files are allowed")
        if method or stored != size:
            raise BundleError(f"its member {name!r} is compressed; in a bundle members are stored")
        if flags & 1:
            raise BundleError(f"its member {name!r} is encrypted; in a bundle members are stored")
        entries.append(Entry(name, size, crc))
    return entries


def check_names(names: Sequence[str]) -> None:
    """Refuse names that could mean another file than they say."""
    for name, fault in zip(names, name_faults(names), strict=True):
        if fault is not None:
            raise BundleError(f"its member {name[:200]!r} {fault}")


def _compare(file: BinaryIO, size: int, entries: Sequence[Entry], comment: str) -> None:
    if not comment.isascii():
        raise BundleError("its hash at the end is damaged")
    expected = framing(entries, comment)
    if expected.starts[-1] + entries[-1].size + len(expected.tail) != size:
        raise BundleError("its members' sizes do not add up to its own: it was changed or repacked")
    places = (
        start - len(header) for start, header in zip(expected.starts, expected.headers, strict=True)
    )
    for entry, place, header in zip(entries, places, expected.headers, strict=True):
        file.seek(place)
        if file.read(len(header)) != header:
            raise BundleError(f"the zip header of {entry.name!r} was changed or repacked")
    file.seek(size - len(expected.tail))
    if file.read() != expected.tail:
        raise BundleError("its list of members was changed or repacked")
