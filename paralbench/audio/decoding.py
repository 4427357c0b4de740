"""From a Clip to mono waveforms at one rate, in blocks, so that an hour costs no more than a minute.

libsndfile decodes what it can; FFmpeg (through PyAV) what it lacks; NSP has a reader of its own
(nsp.py), since neither knows it. FFmpeg is told which format to expect, so that a file made to look
like a playlist is never followed anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from paralbench.audio import nsp
from paralbench.audio.inspection import inspect
from paralbench.audio.pieces import Waveform, cut
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

DECODING = "mono-mean/soxr-hq/1"
"""Name of the decode policy, part of every feature's key: change what is decoded, change this."""

OVERHANG = 0.5
"""A clip may end this many seconds after its file does (label files round); more is refused."""

_FFMPEG = {
    ".g722": "g722", ".m4a": "mov", ".mp4": "mov", ".mov": "mov", ".3gp": "mov", ".aac": "aac",
    ".wma": "asf", ".webm": "matroska", ".mkv": "matroska", ".avi": "avi", ".amr": "amr",
}  # fmt: skip
_HEADERLESS = {".aac", ".amr"}
_G722_BYTES_PER_SECOND = 8000
_FFMPEG_CHANNELS = 8  # of more, PyAV 18 reads planes that are not there and the process ends
_BLOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: rate in Hz, channels, length in seconds."""

    rate: int
    channels: int
    seconds: float


def header(path: Path) -> Header:
    """Read a file's header without decoding it; raises :class:`Refused` as :func:`blocks` does."""
    inspect(path)
    with _opened(path) as source:
        return source.header


def length(clip: Clip, known: Header | None = None) -> float:
    """Seconds a clip asks for; raises :class:`Refused` where it asks for what is not there.

    ``known`` is the header of the clip's file where it was read before.
    """
    return _span(clip, (known or header(clip.path)).seconds)[1]


def blocks(clip: Clip, rate: int, seconds: float) -> Iterator[Waveform]:
    """Decode a clip to mono at ``rate`` Hz, ``seconds`` at a time; the last block may be shorter.

    Raises:
        Refused: for anything that is not complete, finite audio holding the clip.
    """
    for piece in cut(waveforms(clip, rate), round(seconds * rate)):
        yield piece.samples


def waveforms(clip: Clip, rate: int) -> Iterator[Waveform]:
    """Decode a clip to mono at ``rate`` Hz, as much at a time as the decoder gives.

    The file is opened once, and held open until the last of it was taken.

    Raises:
        Refused: as :func:`blocks` does.
    """
    with as_stored(clip) as (found, stored):
        heard = (_mono(block) for block in stored)
        yield from resampled(heard, found.rate, rate)


@contextmanager
def as_stored(clip: Clip) -> Iterator[tuple[Header, Iterator[Waveform]]]:
    """A clip's header and its samples as the file holds them, [samples, channels], block by block.

    Nothing is mixed or resampled, and NaN is handed on: this is for whoever measures a recording.
    A clip that names a channel gives that one alone, [samples, 1].

    Raises:
        Refused: as :func:`blocks` does, NaN apart.
    """
    inspect(clip.path)
    try:
        with _opened(clip.path) as source:
            found = source.header
            start, wanted = _span(clip, found.seconds)
            if clip.channel is not None and not 0 <= clip.channel < found.channels:
                raise Refused(f"channel {clip.channel} was asked for and it has {found.channels}")
            stored = source.blocks(start, wanted)
            yield (
                found,
                stored
                if clip.channel is None
                else (block[:, clip.channel : clip.channel + 1] for block in stored),
            )
    except OSError as error:
        raise Refused(f"it cannot be read ({error.strerror or error})") from None


def _mono(block: Waveform) -> Waveform:
    """The mean of a block's channels [samples, channels]."""
    mono = block.mean(axis=1) if block.shape[1] > 1 else block[:, 0]
    if not np.isfinite(mono).all():
        raise Refused("the audio holds NaN or infinite samples")
    return np.ascontiguousarray(mono, dtype=np.float32)


def resampled(heard: Iterator[Waveform], found: int, wanted: int) -> Iterator[Waveform]:
    """A mono stream at ``found`` Hz, at ``wanted`` Hz."""
    if found == wanted:
        yield from heard
        return
    resampler = soxr.ResampleStream(found, wanted, 1, dtype="float32", quality="HQ")
    for block in heard:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


@dataclass(frozen=True, slots=True)
class _Source:
    """An open file: its header, and its blocks [samples, channels] from a start for so long."""

    header: Header
    blocks: Callable[[float, float], Iterator[Waveform]]


def _opened(path: Path) -> AbstractContextManager[_Source]:
    suffix = path.suffix.lower()
    if suffix in _FFMPEG:
        return _ffmpeg(path)
    return _nsp(path) if suffix in nsp.SUFFIXES else _sound(path)


def _span(clip: Clip, total: float) -> tuple[float, float]:
    end = total if clip.end is None else clip.end
    if clip.start < 0 or not end > clip.start:
        raise Refused(f"the clip is empty: it runs from {clip.start:g} s to {end:g} s")
    if clip.start >= total or end > total + OVERHANG:
        raise Refused(
            f"the clip runs from {clip.start:g} s to {end:g} s, the file ends at {total:.3f} s"
        )
    return clip.start, min(end, total) - clip.start


@contextmanager
def _sound(path: Path) -> Iterator[_Source]:
    try:
        # By descriptor: by name, libsndfile takes a Mac's ._name beside an MP3 for its header.
        file = soundfile.SoundFile(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)))
    except soundfile.SoundFileError as error:
        raise Refused(
            f"it cannot be decoded ({str(error).rsplit(': ', 1)[-1].rstrip('.')})"
        ) from None
    with file:
        found = Header(file.samplerate, file.channels, file.frames / file.samplerate)
        yield _Source(found, lambda start, wanted: _sound_blocks(file, start, wanted))


def _sound_blocks(file: soundfile.SoundFile, start: float, wanted: float) -> Iterator[Waveform]:
    rate = file.samplerate
    first = round(start * rate)
    left = min(round(wanted * rate), file.frames - first)
    # An MP3's length may be an estimate; everything else means what its header says.
    slack = rate // 2 if "MPEG" in file.subtype else 0
    try:
        if first:
            file.seek(first)
        while left > 0:
            block = file.read(min(left, _BLOCK_SECONDS * rate), dtype="float32", always_2d=True)
            if not len(block):
                break
            left -= len(block)
            yield block
    except soundfile.SoundFileError as error:
        raise Refused(
            f"its audio is damaged ({str(error).rsplit(': ', 1)[-1].rstrip('.')})"
        ) from None
    if left > slack:
        raise Refused(
            f"truncated: {left / rate:.3f} s of the audio its header declares are missing"
        )


@contextmanager
def _nsp(path: Path) -> Iterator[_Source]:
    found = nsp.layout(path)
    rate = found.rate
    yield _Source(
        Header(rate, found.channels, found.frames / rate),
        lambda start, wanted: nsp.blocks(
            path, round(start * rate), round(wanted * rate), _BLOCK_SECONDS * rate
        ),
    )


@contextmanager
def _ffmpeg(path: Path) -> Iterator[_Source]:
    with _container(path) as container:
        found = _ffmpeg_header(path, container)
        yield _Source(found, lambda start, wanted: _ffmpeg_blocks(container, start, wanted))


def _ffmpeg_header(path: Path, container: Any) -> Header:
    import av

    stream = container.streams.audio[0]
    if path.suffix.lower() == ".g722":
        seconds = path.stat().st_size / _G722_BYTES_PER_SECOND
    elif path.suffix.lower() in _HEADERLESS:
        # FFmpeg would guess from the first packets' bit rate; counting packets is exact.
        with _container(path) as counted:
            packets = counted.demux(counted.streams.audio[0])
            ticks = sum(packet.duration or 0 for packet in packets)
        seconds = float(ticks * stream.time_base)
    elif container.duration is not None:
        seconds = container.duration / av.time_base
    else:
        raise Refused("its length is unknown; convert it to WAV or FLAC")
    return Header(stream.rate, stream.channels, seconds)


def _ffmpeg_blocks(container: Any, start: float, wanted: float) -> Iterator[Waveform]:
    import av

    stream = container.streams.audio[0]
    rate, channels = stream.rate, stream.channels  # these move with what is decoded
    planar = av.AudioResampler(format="fltp")
    position, first = 0, round(start * rate)
    last = first + round(wanted * rate)
    heard = 0
    try:
        for packet in container.decode(stream):
            # Before anything touches its samples: PyAV would read beyond them.
            if (packet.sample_rate, packet.layout.nb_channels) != (rate, channels):
                raise Refused("its rate or channels change on the way; convert it to WAV")
            for frame in planar.resample(packet):
                block = frame.to_ndarray().astype(np.float32, copy=False).T
                piece = block[max(0, first - position) : max(0, last - position)]
                position += len(block)
                if len(piece):
                    heard += len(piece)
                    yield piece
            if position >= last:
                break
    except av.FFmpegError as error:
        raise Refused(f"its audio is damaged ({error.strerror})") from None
    # Containers round their length up to a packet; half a second of it may not be there.
    if last - first - heard > rate // 2:
        raise Refused("truncated: it ends before the length its header declares")


def _container(path: Path) -> Any:
    import av

    try:
        # Titles and comments may be in any encoding; they are not what is heard.
        container = av.open(
            str(path), format=_FFMPEG[path.suffix.lower()], metadata_errors="replace"
        )
    except av.FFmpegError as error:
        raise Refused(f"it cannot be decoded ({error.strerror})") from None
    if not container.streams.audio:
        container.close()
        raise Refused("it has no audio stream")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        container.close()
        raise Refused("its audio is in a coding that is not known here; convert it to WAV or FLAC")
    if stream.channels > _FFMPEG_CHANNELS:
        container.close()
        raise Refused(f"it has {stream.channels} channels; convert it to WAV to have it heard")
    return container
