"""Signal quality of a clip, measured while it is decoded: about 40 ms for a minute of mono at 16 kHz."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from paralbench.audio.bandwidth import LongTermSpectrum
from paralbench.audio.channels import mean_of_channels
from paralbench.audio.levels import Levels, decibels
from paralbench.audio.pieces import Waveform
from paralbench.records.signal_quality import SignalQuality

_BLOCK_SECONDS = 10


class Meter:
    """Measures the samples that pass through it."""

    def __init__(self) -> None:
        self._levels = Levels(1, 1)
        self._spectrum = LongTermSpectrum(16000)
        self._channels = 1
        self._waiting: list[Waveform] = []
        self._sums, self._squares = np.zeros(2), np.zeros(2)  # of the mean, and of all channels
        self._count = 0

    def measured(self, blocks: Iterator[Waveform], rate: int, channels: int) -> Iterator[Waveform]:
        """The same blocks [samples, channels], measured ten seconds at a time."""
        self._levels, self._spectrum = Levels(channels, rate), LongTermSpectrum(rate)
        self._channels = channels
        waiting = 0
        for block in blocks:
            self._waiting.append(block)
            waiting += len(block)
            if waiting >= _BLOCK_SECONDS * rate:
                self._measure()
                waiting = 0
            yield block
        self._measure()

    def quality(self) -> SignalQuality:
        """The measurements so far."""
        levels = self._levels
        level, dead = levels.level, levels.dead
        return SignalQuality(
            channels=self._channels,
            dead=len(dead),
            level=-math.inf if level is None else level,
            silent=levels.silent,
            clipped=levels.clipped,
            bandwidth=self._spectrum.bandwidth() or 0.0,
            mixing=self._mixing(),
        )

    def _measure(self) -> None:
        if not self._waiting:
            return
        block = np.concatenate(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
        self._waiting = []
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)  # refused when it is mixed
        mono = mean_of_channels(block)
        self._levels.add(block)
        self._spectrum.add(mono)
        if self._channels > 1:
            self._count += len(block)
            for place, samples in enumerate((mono, block)):
                self._sums[place] += samples.sum(dtype=np.float64)
                self._squares[place] += np.square(samples, dtype=np.float64).sum()

    def _mixing(self) -> float:
        """See :class:`SignalQuality`; 0 for a silent clip, whose channels have nothing to cancel."""
        if self._channels == 1 or not self._count:
            return 0.0
        counts = np.array([1, self._channels]) * self._count
        mono, each = self._squares / counts - np.square(self._sums / counts)
        if each <= 0:
            return 0.0
        loss = decibels(float(max(mono, 0.0) / each))
        return -math.inf if loss is None else loss
