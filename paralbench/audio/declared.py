"""The bytes of audio that an uncompressed file's header declares, and those that the file holds.

libsndfile reads what is there and reports the shorter length, so a truncated AIFF, AU, W64, RF64, CAF
or SPHERE file would pass as a complete one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from paralbench.records.errors import Refused

_W64 = bytes.fromhex("72696666 2e91cf11 a5d628db 04c10000")
_W64_DATA = bytes.fromhex("64617461 f3acd311 8cd100c0 4f8edb8a")
_UNKNOWN = {0, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}
"""Sizes written by recorders that could not return to the header."""


def inspect(file: BinaryIO, head: bytes, size: int) -> None:
    """Raise :class:`Refused` for a file that holds less audio than its header declares.

    Files of other formats pass.

    Args:
        file: opened for reading.
        head: its first bytes, 512 or all.
        size: its length in bytes.
    """
    for matches, audio in _FORMATS:
        if matches(head):
            declared, stored = audio(file, head, size)
            if declared not in _UNKNOWN and declared > stored:
                raise Refused(
                    f"truncated: its header declares {declared} bytes of audio, the file holds {stored}"
                )
            if stored <= 0:
                raise Refused("it has a header and no audio")
            return


def _chunks(
    file: BinaryIO, first: int, size: int, layout: struct.Struct, even: bool = True
) -> Iterator[tuple[bytes, int, int]]:
    """Name, length and position of the content of each chunk; ``Refused`` where the file ends."""
    position = first
    while position + layout.size <= size:
        file.seek(position)
        header = file.read(layout.size)
        if len(header) < layout.size:
            break
        name, length = layout.unpack(header)
        yield name, length, position + layout.size
        position += layout.size + max(0, length) + (length & 1 if even else 0)
    raise Refused("truncated: its header ends before any audio")


def _riff(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    """WAV; RF64 and BW64 declare long audio in a chunk ``ds64`` (EBU Tech 3306)."""
    layout = struct.Struct(">4sI" if head.startswith(b"RIFX") else "<4sI")
    long = None
    for name, length, position in _chunks(file, 12, size, layout):
        if name == b"ds64":
            file.seek(position + 8)
            content = file.read(8)
            long = struct.unpack("<Q", content)[0] if len(content) == 8 else None
        if name == b"data":
            large = length == 0xFFFFFFFF and long is not None
            return (long if large else length) or 0, size - position
    raise AssertionError("the chunks end with a refusal")


def _aiff(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    for name, length, position in _chunks(file, 12, size, struct.Struct(">4sI")):
        if name == b"SSND":  # its samples follow an offset and a block size
            return (length if length in _UNKNOWN else length - 8), size - position - 8
    raise AssertionError("the chunks end with a refusal")


def _w64(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    position = 40
    while position + 24 <= size:
        file.seek(position)
        name, length = struct.unpack("<16sQ", file.read(24))
        if name == _W64_DATA:
            return (length if length in _UNKNOWN else length - 24), size - position - 24
        if length < 24:
            break
        position += length + -length % 8
    raise Refused("truncated: its header ends before any audio")


def _caf(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    for name, length, position in _chunks(file, 8, size, struct.Struct(">4sq"), even=False):
        if name == b"data":
            return max(0, length), size - position  # -1: it extends to the end
    raise AssertionError("the chunks end with a refusal")


def _au(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    if len(head) < 24:
        raise Refused("truncated: its header ends before any audio")
    order = ">" if head.startswith(b".snd") else "<"
    offset, length = struct.unpack(f"{order}II", head[4:12])
    return length, size - offset


def _sphere(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    """NIST SPHERE; compressed samples ("shorten") have no size in the header."""
    file.seek(0)
    text = file.read(4096)
    begin = re.match(rb"NIST_1A\n\s*(\d+)\n", text)
    values = {
        name: re.search(rb"(?m)^%s -(?:i|s\d+) (\d+)" % name.encode(), text)
        for name in ("sample_count", "channel_count", "sample_n_bytes")
    }
    numbers = [int(value[1]) for value in values.values() if value]
    offset = int(begin[1]) if begin else 0
    if len(numbers) < 3 or re.search(
        rb"(?m)^sample_coding -s\d+ .*(shorten|wavpack|shortpack)", text
    ):
        return 0, size - offset
    samples, channels, width = numbers
    return samples * channels * width, size - offset


_FORMATS: list[
    tuple[Callable[[bytes], bool], Callable[[BinaryIO, bytes, int], tuple[int, int]]]
] = [
    (
        lambda head: head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE",
        _riff,
    ),
    (lambda head: head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"), _aiff),
    (lambda head: head.startswith(_W64), _w64),
    (lambda head: head.startswith(b"caff"), _caf),
    (lambda head: head[:4] in (b".snd", b"dns."), _au),
    (lambda head: head.startswith(b"NIST_1A\n"), _sphere),
]
