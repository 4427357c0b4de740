"""Codecs: telephone (G.711, AMR-NB), Opus at 16 kbit/s and MP3 at 32 kbit/s, by FFmpeg through PyAV.

What FFmpeg decodes is aligned with the clean clip by its delay, found by cross-correlation up to
100 ms, and cut to its length.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import soxr
from scipy.signal import correlate

from paralbench.audio.conditions import Condition
from paralbench.audio.pieces import Waveform

RATE = 16000
_LONGEST_DELAY = RATE // 10


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder of FFmpeg: its container, rate in Hz, sample format and bits a second."""

    name: str
    container: str
    rate: int
    format: str
    bits: int | None = None


def coded(
    codec: Codec, waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]
) -> Waveform:
    """The waveform as it comes out of the codec."""
    stored = soxr.resample(waveform, RATE, codec.rate) if codec.rate != RATE else waveform
    decoded, rate = _decoded(_encoded(codec, np.clip(stored, -1, 1)), codec.container)
    back = soxr.resample(decoded, rate, RATE) if rate != RATE else decoded
    delay = _delay(waveform, back)
    aligned = np.concatenate([np.zeros(max(0, -delay), np.float32), back[max(0, delay) :]])
    missing = max(0, len(waveform) - len(aligned))
    return np.pad(aligned, (0, missing))[: len(waveform)].astype(np.float32)


def _encoded(codec: Codec, waveform: Waveform) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=codec.container, options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(codec.name, rate=codec.rate, layout="mono")
        if codec.bits:
            stream.bit_rate = codec.bits
        samples: Any = waveform[None]
        if codec.format != "flt":
            samples = np.round(32767 * samples).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format=codec.format, layout="mono")
        frame.sample_rate = codec.rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return buffer.getvalue()


def _decoded(content: bytes, container: str) -> tuple[Waveform, int]:
    import av

    source: Any
    with av.open(io.BytesIO(content), format=container) as source:
        planar = av.AudioResampler(format="fltp", layout="mono")
        stream = source.streams.audio[0]
        frames = [
            piece.to_ndarray()[0]
            for frame in source.decode(stream)
            for piece in planar.resample(frame)
        ]
        return np.concatenate(frames), stream.rate


def _delay(clean: Waveform, decoded: Waveform) -> int:
    """Samples by which the decoded audio lags behind."""
    first = clean[: 10 * RATE]
    lags = correlate(decoded[: 10 * RATE + _LONGEST_DELAY], first, method="fft")
    zero = len(first) - 1
    near = lags[max(0, zero - _LONGEST_DELAY) : zero + _LONGEST_DELAY + 1]
    return int(np.argmax(near)) - min(zero, _LONGEST_DELAY)


CONDITIONS = [
    Condition(name, title, partial(coded, codec), codec=True)
    for name, title, codec in (
        ("g711", "telephone, G.711 A-law at 8 kHz", Codec("pcm_alaw", "wav", 8000, "s16")),
        ("amr-nb", "telephone, AMR-NB at 12.2 kbit/s",
         Codec("libopencore_amrnb", "amr", 8000, "s16", 12_200)),
        ("opus-16", "Opus at 16 kbit/s", Codec("libopus", "ogg", 16000, "flt", 16_000)),
        ("mp3-32", "MP3 at 32 kbit/s", Codec("libmp3lame", "mp3", 16000, "s16p", 32_000)),
    )
]  # fmt: skip
