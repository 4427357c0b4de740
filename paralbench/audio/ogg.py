"""Ogg (Vorbis, Opus, FLAC, Speex): whether every page of a file is there and intact.

libsndfile skips a damaged page and fills or shortens the audio without an error, so the pages are
checked before it decodes: checksum, sequence number, and the page that ends the stream (RFC 3533).
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from paralbench.records.errors import Refused

SIGNATURE = b"OggS"
_HEADER = struct.Struct("<4sBBqIIIB")
_BEGINS, _ENDS = 2, 4
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def inspect(path: Path) -> None:
    """Raise :class:`Refused` unless a file is complete; a file with many clips is read once."""
    state = path.stat()
    if reason := _damage(path, state.st_size, state.st_mtime_ns):
        raise Refused(reason)


@lru_cache(maxsize=256)
def _damage(path: Path, size: int, changed: int) -> str:
    """What is wrong with a file of this size and time of change; "" for an intact one."""
    with path.open("rb") as file:
        return _first_damage(file, size)


def _first_damage(file: BinaryIO, size: int) -> str:
    following: dict[int, int] = {}  # the next page's number of each stream that has not ended
    begun = 0
    position = number = 0
    data_seen = False
    while position < size:
        head = file.read(_HEADER.size)
        if not head.startswith(SIGNATURE):
            if begun and not following:
                return ""  # tags that other programs append
            return f"its audio is damaged: no Ogg page begins at byte {position}"
        if len(head) < _HEADER.size:
            return _truncated(number)
        _, _, flags, _, stream, sequence, checksum, segments = _HEADER.unpack(head)
        lacing = file.read(segments)
        body = file.read(sum(lacing))
        if len(lacing) < segments or len(body) < sum(lacing):
            return _truncated(number)
        if _checksum(head[:22] + bytes(4) + head[26:] + lacing + body) != checksum:
            return f"its audio is damaged: the checksum of Ogg page {number} does not match"
        if flags & _BEGINS:
            if data_seen:
                return "it holds several Ogg streams one after another; convert it to WAV or FLAC"
            begun += 1
        elif stream not in following:
            return f"its audio is damaged: Ogg page {number} belongs to no open stream"
        else:
            data_seen = True
            if sequence != following[stream]:
                return f"its audio is damaged: an Ogg page is missing before page {number}"
        following[stream] = (sequence + 1) & 0xFFFFFFFF
        if flags & _ENDS:
            del following[stream]
        position += len(head) + len(lacing) + len(body)
        number += 1
    return _truncated(number) if following else ""


def _truncated(pages: int) -> str:
    return f"truncated: it ends after {pages} complete Ogg pages, before the last one of its stream"


def _checksum(page: bytes) -> int:
    """CRC-32 with the polynomial of zlib, from zero, most significant bit first."""
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
