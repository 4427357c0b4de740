"""The container of an audio file, recognised by its content and not by its name.

The same bytes are then decoded in the same way under any name, and a feature's key needs no more than
the content's digest. Raw G.722 is the exception: it has no header, and only its name says what it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

Container = Literal[
    "sndfile", "nsp", "mov", "matroska", "asf", "avi", "amr", "aac", "g722", "unknown"
]

LENGTH = 4096
"""Bytes from the beginning of a file that decide."""

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_SNDFILE = (
    b"OggS", b"fLaC", b"ID3", b".snd", b"dns.", b"caff", b"NIST_1A", b"Creative Voice File",
    b"RIFX", b"RF64", b"BW64", b"2BIT", b" paf", b"fap ", b"PVF1", b"MPCK", _W64,
)  # fmt: skip
_MOV = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def recognised(path: Path, head: bytes) -> Container:
    """The container of a file whose first :data:`LENGTH` bytes are ``head``.

    "sndfile" is whatever libsndfile reads; "unknown" is a file without a signature, which
    libsndfile may still identify.
    """
    if head[:4] == b"RIFF":
        return "avi" if head[8:12] == b"AVI " else "sndfile"
    if head[:8] == b"FORMDS16":
        return "nsp"
    if head.startswith(_SNDFILE) or head[:4] == b"FORM":
        return "sndfile"
    if head[4:8] in _MOV:
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head.startswith(_ASF):
        return "asf"
    if head.startswith(b"#!AMR"):
        return "amr"
    if _adts(head):
        return "aac"
    if _mpeg(head):
        return "sndfile"
    return "g722" if path.suffix.lower() == ".g722" else "unknown"


def _adts(head: bytes) -> bool:
    """Two frames of AAC in succession (ISO 13818-7)."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return False
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length > 7 and head[length : length + 2] == head[:2]


_BITRATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mpeg(head: bytes) -> bool:
    """Two frames of MPEG layer III in succession."""
    if not re.match(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", head) or len(head) < 4:
        return False
    version, rate, bits = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if rate == 3 or bits in (0, 15):
        return False
    kilobits = _BITRATES[3 if version == 3 else 2][bits]
    length = (144 if version == 3 else 72) * kilobits * 1000 // _RATES[version][rate]
    following = length + (head[2] >> 1 & 1)
    return head[following : following + 2] == head[:2]
