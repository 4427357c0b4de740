"""Audio kept after decoding, for the models that encode the same clips next.

A clip is decoded and its signal quality measured once, however many models of a run encode it. What
is kept is mono at the file's rate, so models of different rates share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np

from paralbench.audio import decoding
from paralbench.audio.channels import mean_of_channels
from paralbench.audio.meter import Meter
from paralbench.audio.pieces import Waveform
from paralbench.records.example import Clip
from paralbench.records.signal_quality import SignalQuality

NO_NUMBERS = "kept audio is what decoding gave, bit for bit"

_MOST = 256 * 2**20
"""Bytes kept at most: 25 minutes at 44.1 kHz, 70 at 16 kHz."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptClip(Clip):
    """A clip with its decoded audio and what was measured of it.

    Args:
        rate: of ``blocks``, in Hz.
        blocks: mono samples.
        quality: of the samples as stored.
    """

    rate: int
    blocks: tuple[Waveform, ...]
    quality: SignalQuality

    def waveforms(self, rate: int) -> Iterator[Waveform]:
        """As :func:`~paralbench.audio.decoding.waveforms`, without reading the file."""
        return decoding.resampled((block.copy() for block in self.blocks), self.rate, rate)


class KeepingMeter(Meter):
    """Measures the samples that pass through it, and keeps their mean of channels."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.rate, self._most = 0, most
        self._blocks: list[Waveform] = []
        self.bytes = 0

    def measured(self, blocks: Iterator[Waveform], rate: int, channels: int) -> Iterator[Waveform]:
        """See :class:`Meter`."""
        self.rate = rate
        for block in super().measured(blocks, rate, channels):
            self.bytes += 4 * len(block)
            if self.keeps:
                self._blocks.append(np.array(mean_of_channels(block), np.float32))
            else:
                self._blocks.clear()
            yield block

    @property
    def keeps(self) -> bool:
        """Whether what has passed so far is kept."""
        return self.bytes <= self._most

    def kept(self, clip: Clip, quality: SignalQuality) -> KeptClip:
        """The measured clip."""
        return KeptClip(
            path=clip.path, start=clip.start, end=clip.end, channel=clip.channel,
            rate=self.rate, blocks=tuple(self._blocks), quality=quality,
        )  # fmt: skip


class KeptAudio:
    """Decoded clips, as many as ``most`` bytes hold; several threads may use it."""

    def __init__(self, most: int = _MOST) -> None:
        self._left, self._lock = most, Lock()
        self._clips: dict[Clip, KeptClip] = {}

    def get(self, clip: Clip) -> KeptClip | None:
        """The clip with its audio; None where that is not kept."""
        return self._clips.get(clip)

    def close(self) -> None:
        """Keep no further clips."""
        with self._lock:
            self._left = 0

    def meter(self) -> KeepingMeter:
        """A meter for one clip; it keeps no more than there is space for."""
        return KeepingMeter(self._left)

    def keep(self, clip: Clip, meter: KeepingMeter, quality: SignalQuality) -> None:
        """Keep a clip that the meter has measured wholly, if there is space."""
        with self._lock:
            if clip not in self._clips and meter.bytes <= self._left:
                self._left -= meter.bytes
                self._clips[clip] = meter.kept(clip, quality)
