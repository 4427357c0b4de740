"""NSP, the sound files of KayPENTAX's Computerized Speech Lab (.nsp, and .egg beside them).

A RIFF-like file: ``FORM`` ``DS16`` size, then chunks of a name, a size and that many bytes padded to
an even number, all little-endian: ``HEDR`` or ``HDR8`` (20 bytes of date, then the rate in Hz),
``NOTE``, and samples of 16 bits in ``SDA_`` (channel A), ``SD_B`` (B), ``SDAB`` (both, interleaved)
or ``SD_2`` to ``SD_8``. After the description in P. Kabal's AFsp library (AFrdNShead). Neither
libsndfile nor FFmpeg reads it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from paralbench.records.errors import Refused

_SAMPLES = {b"SDA_": 1, b"SD_B": 1, b"SDAB": 2, **{f"SD_{n}".encode(): 1 for n in range(2, 9)}}
_UNKNOWN_LENGTH = {0, 0xFFFFFFFF}


@dataclass(frozen=True, slots=True)
class Stream:
    """One chunk of samples: where it begins in the file (bytes), its frames and channels."""

    offset: int
    frames: int
    channels: int


@dataclass(frozen=True, slots=True)
class Nsp:
    """The sampling rate of an NSP file in Hz and its streams in file order."""

    rate: int
    streams: tuple[Stream, ...]

    @property
    def channels(self) -> int:
        """Total channels of all streams."""
        return sum(stream.channels for stream in self.streams)

    @property
    def frames(self) -> int:
        """Samples of each channel: the length of the shortest stream."""
        return min(stream.frames for stream in self.streams)


def layout(path: Path) -> Nsp:
    """Read the chunks of a file without its samples.

    Samples of unknown size (0: the recording was interrupted) extend to the end of the file.

    Raises:
        Refused: for a file that is not NSP, or is shorter than it declares.
    """
    size = path.stat().st_size
    rate, streams = 0, []
    with path.open("rb") as file:
        if file.read(8) != b"FORMDS16":
            raise Refused("it is not an NSP file (it does not begin with FORMDS16)")
        position = 12
        while position + 8 <= size:
            file.seek(position)
            name, length = struct.unpack("<4sI", file.read(8))
            stored = size - position - 8
            if name in _SAMPLES and length in _UNKNOWN_LENGTH:
                length = stored
            if length > stored:
                raise Refused(
                    f"truncated: {name!r} declares {length} bytes, the file holds {stored}"
                )
            if name in (b"HEDR", b"HDR8") and length >= 24:
                rate = int.from_bytes(file.read(24)[20:], "little")
            elif name in _SAMPLES:
                channels = _SAMPLES[name]
                streams.append(Stream(position + 8, length // (2 * channels), channels))
            position += 8 + length + length % 2
    if not rate:
        raise Refused("it is an NSP file without a sampling rate (no HEDR chunk)")
    if not streams or not min(stream.frames for stream in streams):
        raise Refused("it has a header and no audio")
    return Nsp(rate, tuple(streams))


def blocks(path: Path, first: int, frames: int, size: int) -> Iterator[NDArray[np.float32]]:
    """Read ``frames`` frames from ``first`` as float32 [frames, channels], ``size`` at a time."""
    content = layout(path)
    last = min(first + frames, content.frames)
    with path.open("rb") as file:
        for start in range(first, last, size):
            count = min(size, last - start)
            parts = [_read(file, stream, start, count) for stream in content.streams]
            yield np.concatenate(parts, axis=1).astype(np.float32) / np.float32(32768)


def _read(file: BinaryIO, stream: Stream, start: int, count: int) -> NDArray[np.int16]:
    width = 2 * stream.channels
    file.seek(stream.offset + start * width)
    content = file.read(count * width)
    if len(content) < count * width:
        raise Refused("truncated: it was shortened while being read")
    return np.frombuffer(content, "<i2").reshape(count, stream.channels)


def write(path: Path, samples: NDArray[np.int16], rate: int) -> None:
    """Write channel A, int16 [frames], as CSL does; for synthetic corpora."""
    data = samples.astype("<i2").tobytes()
    date = b"Jan 01 00:00:00 2000"
    peak = int(np.abs(samples.astype(int)).max(initial=0))
    header = date + struct.pack("<IIHH", rate, len(samples), min(peak, 0xFFFF), 0xFFFF)
    chunks = struct.pack("<4sI", b"HEDR", len(header)) + header
    chunks += struct.pack("<4sI", b"SDA_", len(data)) + data
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"FORMDS16" + struct.pack("<I", len(chunks)) + chunks)
