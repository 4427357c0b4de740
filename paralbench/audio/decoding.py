"""Decode a clip to mono blocks at one rate; memory does not grow with its length.

libsndfile decodes most formats, FFmpeg (through PyAV) the others, and nsp.py the NSP files that
neither supports; a file's content decides which. FFmpeg receives the recognised format, so it never
follows a disguised playlist.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from paralbench.audio import nsp
from paralbench.audio.channels import mean_of_channels
from paralbench.audio.inspection import inspect
from paralbench.audio.meter import Meter
from paralbench.audio.pieces import Waveform, cut
from paralbench.audio.recognition import Container
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

DECODING = "mono-mean/soxr-hq/1"
"""Name of the decoding policy, part of every feature key; change it when decoded samples change."""

OVERHANG = 0.5
"""Seconds by which a clip may end after its file (label files round); more is refused."""

RATES = (1000, 768_000)
"""Sampling rates in Hz beyond which a header is damaged."""
CHANNELS = 64

_WITHOUT_LENGTH = {"aac", "amr"}
_G722_BYTES_PER_SECOND = 8000
_FFMPEG_CHANNELS = 8  # beyond these, PyAV 18 reads missing planes and crashes the process
_BLOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Header:
    """A file's sampling rate in Hz, channels and length in seconds."""

    rate: int
    channels: int
    seconds: float


def header(path: Path) -> Header:
    """Read a file's header without decoding it; raises :class:`Refused` as :func:`blocks` does."""
    with _opened(path) as source:
        return source.header


def length(clip: Clip, known: Header | None = None) -> float:
    """Seconds that a clip covers; raises :class:`Refused` if it exceeds its file.

    ``known`` is the file's header if it was read before.
    """
    return _span(clip, (known or header(clip.path)).seconds)[1]


def blocks(clip: Clip, rate: int, seconds: float) -> Iterator[Waveform]:
    """Decode a clip to mono at ``rate`` Hz, ``seconds`` at a time; the last block may be shorter.

    Raises:
        Refused: unless the file holds the clip as complete, finite audio.
    """
    for piece in cut(waveforms(clip, rate), round(seconds * rate)):
        yield piece.samples


def waveforms(clip: Clip, rate: int, meter: Meter | None = None) -> Iterator[Waveform]:
    """Decode a clip to mono at ``rate`` Hz in the decoder's blocks; the file stays open meanwhile.

    ``meter`` measures the stored samples as they pass.

    Raises:
        Refused: as :func:`blocks` does.
    """
    with as_stored(clip) as (stored, samples):
        if meter is not None:
            channels = stored.channels if clip.channel is None else 1
            samples = meter.measured(samples, stored.rate, channels)
        mono = (_mono(block) for block in samples)
        yield from resampled(mono, stored.rate, rate)


@contextmanager
def as_stored(clip: Clip) -> Iterator[tuple[Header, Iterator[Waveform]]]:
    """A file's header and a clip's samples as stored, in blocks [samples, channels].

    Nothing is mixed or resampled, and NaN passes. A clip that names a channel yields only that one,
    [samples, 1].

    Raises:
        Refused: as :func:`blocks` does, except for NaN.
    """
    try:
        with _opened(clip.path) as source:
            channel, channels = clip.channel, source.header.channels
            samples = source.blocks(*_span(clip, source.header.seconds))
            if channel is not None:
                if not 0 <= channel < channels:
                    raise Refused(f"expected channel {channel}, the file has {channels} channels")
                samples = (block[:, channel : channel + 1] for block in samples)
            yield source.header, samples
    except OSError as error:
        raise Refused(f"it cannot be read ({error.strerror or error})") from None


def _mono(block: Waveform) -> Waveform:
    """The mean of a block's channels [samples, channels]."""
    mono = mean_of_channels(block)
    if not np.isfinite(mono).all():
        raise Refused("the audio holds NaN or infinite samples")
    return np.ascontiguousarray(mono, dtype=np.float32)


def resampled(blocks: Iterator[Waveform], source: int, target: int) -> Iterator[Waveform]:
    """Resample a mono stream from ``source`` to ``target`` Hz."""
    if source == target:
        yield from blocks
        return
    resampler = soxr.ResampleStream(source, target, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


@dataclass(frozen=True, slots=True)
class _Source:
    """An open file: its header, and its blocks [samples, channels] from a start, both in seconds."""

    header: Header
    blocks: Callable[[float, float], Iterator[Waveform]]


@contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    container = inspect(path)
    opened: AbstractContextManager[_Source]
    if container in ("sndfile", "unknown"):
        opened = _sound(path)
    else:
        opened = _nsp(path) if container == "nsp" else _ffmpeg(path, container)
    with opened as source:
        rate, channels = source.header.rate, source.header.channels
        if not RATES[0] <= rate <= RATES[1]:
            raise Refused(f"its header is damaged: it declares a sampling rate of {rate} Hz")
        if channels > CHANNELS:
            raise Refused(f"it has {channels} channels, expected at most {CHANNELS}")
        yield source


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
        # By descriptor: given a name, libsndfile reads a Mac's ._name beside an MP3 as its header.
        file = soundfile.SoundFile(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)))
    except soundfile.SoundFileError as error:
        raise Refused(
            f"it cannot be decoded ({str(error).rsplit(': ', 1)[-1].rstrip('.')})"
        ) from None
    with file:
        stored = Header(file.samplerate, file.channels, file.frames / file.samplerate)
        yield _Source(stored, partial(_sound_blocks, file))


def _sound_blocks(file: soundfile.SoundFile, start: float, seconds: float) -> Iterator[Waveform]:
    rate = file.samplerate
    first = round(start * rate)
    left = min(round(seconds * rate), file.frames - first)
    # An MP3's length may be an estimate; other formats state it exactly.
    slack = rate // 2 if "MPEG" in file.subtype else 0
    try:
        if first:
            file.seek(first)
        while left > 0:
            asked = min(left, _BLOCK_SECONDS * rate)
            block = file.read(asked, dtype="float32", always_2d=True)
            left -= len(block)
            if len(block):
                yield block
            # After a gap libsndfile may return a short block and then repeat audio.
            if len(block) < asked:
                break
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
    layout = nsp.layout(path)
    rate = layout.rate
    yield _Source(
        Header(rate, layout.channels, layout.frames / rate),
        lambda start, seconds: nsp.blocks(
            path, round(start * rate), round(seconds * rate), _BLOCK_SECONDS * rate
        ),
    )


@contextmanager
def _ffmpeg(path: Path, name: Container) -> Iterator[_Source]:
    with _container(path, name) as container:
        yield _Source(_ffmpeg_header(path, name, container), partial(_ffmpeg_blocks, container))


def _ffmpeg_header(path: Path, name: Container, container: Any) -> Header:
    import av

    stream = container.streams.audio[0]
    if name == "g722":
        seconds = path.stat().st_size / _G722_BYTES_PER_SECOND
    elif name in _WITHOUT_LENGTH:
        # FFmpeg guesses from the first packets' bit rate; counting packets is exact.
        with _container(path, name) as counted:
            packets = counted.demux(counted.streams.audio[0])
            ticks = sum(packet.duration or 0 for packet in packets)
        seconds = float(ticks * stream.time_base)
    elif container.duration is not None:
        seconds = container.duration / av.time_base
    else:
        raise Refused("its length is unknown; convert it to WAV or FLAC")
    return Header(stream.rate, stream.channels, seconds)


def _ffmpeg_blocks(container: Any, start: float, seconds: float) -> Iterator[Waveform]:
    import av

    stream = container.streams.audio[0]
    rate, channels = stream.rate, stream.channels  # decoding changes them
    planar = av.AudioResampler(format="fltp")
    position, first = 0, round(start * rate)
    last = first + round(seconds * rate)
    decoded = 0
    try:
        for packet in container.decode(stream):
            # Check before its samples are touched: PyAV would read beyond them.
            if (packet.sample_rate, packet.layout.nb_channels) != (rate, channels):
                raise Refused("its rate or channels change midway; convert it to WAV")
            for frame in planar.resample(packet):
                block = frame.to_ndarray().astype(np.float32, copy=False).T
                piece = block[max(0, first - position) : max(0, last - position)]
                position += len(block)
                if len(piece):
                    decoded += len(piece)
                    yield piece
            if position >= last:
                break
    except av.FFmpegError as error:
        raise Refused(f"its audio is damaged ({error.strerror})") from None
    # Containers round their length up to a packet; half a second of it may be missing.
    if last - first - decoded > rate // 2:
        raise Refused("truncated: it ends before the length its header declares")


def _container(path: Path, name: Container) -> Any:
    import av

    try:
        # Titles and comments may be in any encoding; they are not used.
        container = av.open(str(path), format=name, metadata_errors="replace")
    except av.FFmpegError as error:
        raise Refused(f"it cannot be decoded ({error.strerror})") from None
    if not container.streams.audio:
        container.close()
        raise Refused("it has no audio stream")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        container.close()
        raise Refused("its audio codec is not supported; convert it to WAV or FLAC")
    if stream.channels > _FFMPEG_CHANNELS:
        container.close()
        raise Refused(f"it has {stream.channels} channels; convert it to WAV")
    return container
