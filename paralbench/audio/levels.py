"""Peak, level, constant part, clipping, digital silence and dead channels, one pass over the blocks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 0.999
"""A sample from here on is taken for clipped, whatever stands around it."""
_FLAT_FROM = 0.1
"""Tops that lie lower are not looked at: a faint tone's are flat by rounding alone."""
_FLAT = 3
_STILL_SECONDS = 0.01
DEAD = 60.0
"""A channel so many dB below the loudest, or constant, is dead."""


class Levels:
    """Hears a recording's blocks [samples, channels], each but the last of the same length.

    A sample is clipped when it reaches full scale, or when it is one of at least three equal ones
    in a row at the highest or the lowest value of its channel: clipping that was scaled down later.
    Such a run is sought within a block, so that one across two blocks may lose two samples.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self._still_frame = max(2, round(_STILL_SECONDS * rate))
        self._count = self._still = 0
        self._sum, self._squares = np.zeros(channels), np.zeros(channels)
        self._high, self._low = _Top(channels), _Top(channels)
        self._full = np.zeros(channels, np.int64)

    def hear(self, block: NDArray[np.float32]) -> None:
        """Take in a block of finite samples."""
        self._count += len(block)
        self._sum += block.sum(axis=0, dtype=np.float64)
        self._squares += np.einsum("sc,sc->c", block, block, dtype=np.float64)
        self._full += (np.abs(block) >= FULL_SCALE).sum(axis=0)
        self._high.hear(block)
        self._low.hear(-block)
        for start in range(0, len(block), self._still_frame * 1000):
            self._still += self._unmoved(block[start : start + self._still_frame * 1000])

    def _unmoved(self, block: NDArray[np.float32]) -> int:
        """How many samples lie in frames of 10 ms in which no channel moves."""
        frames = len(block) // self._still_frame
        whole = block[: frames * self._still_frame].reshape(
            frames, self._still_frame, block.shape[1]
        )
        still = (np.ptp(whole, axis=1) == 0).all(axis=1)
        rest = block[frames * self._still_frame :]
        tail = len(rest) if len(rest) and (np.ptp(rest, axis=0) == 0).all() else 0
        return int(still.sum()) * self._still_frame + tail

    @property
    def peak(self) -> float | None:
        """Largest sample of any channel, in dBFS."""
        return decibels(float(np.maximum(self._high.top, self._low.top).max(initial=0)) ** 2)

    @property
    def level(self) -> float | None:
        """Root mean square of the loudest channel without its constant part, in dBFS."""
        return decibels(float(self._power().max(initial=0)))

    @property
    def offset(self) -> float:
        """Largest constant part of a channel, as a share of full scale."""
        return float(np.abs(self._sum).max(initial=0)) / max(1, self._count)

    @property
    def clipped(self) -> float:
        """Share of clipped samples in the worst channel."""
        flat = self._high.flat + self._low.flat
        return int(np.maximum(flat, self._full).max(initial=0)) / max(1, self._count)

    @property
    def silent(self) -> float:
        """Share of the recording in which no channel moves."""
        return self._still / max(1, self._count)

    @property
    def dead(self) -> tuple[int, ...]:
        """Channels without sound, from 0; none where no channel has any."""
        power = self._power()
        floor = power.max(initial=0) * 10 ** (-DEAD / 10)
        return tuple(int(one) for one in np.flatnonzero(power < floor))

    def _power(self) -> NDArray[np.float64]:
        count = max(1, self._count)
        power = self._squares / count - (self._sum / count) ** 2
        # What rounding leaves of a constant is no sound.
        return np.where(power > 1e-9 * self._squares / count, power, 0.0)


class _Top:
    """Each channel's highest value so far, and how many samples stand flat at it."""

    def __init__(self, channels: int) -> None:
        self.top = np.zeros(channels, np.float32)
        self.flat = np.zeros(channels, np.int64)

    def hear(self, block: NDArray[np.float32]) -> None:
        found = block.max(axis=0, initial=0)
        higher = found > self.top
        self.top = np.maximum(self.top, found)
        self.flat[higher] = 0
        for channel in np.flatnonzero((found == self.top) & (found >= _FLAT_FROM)):
            self.flat[channel] += _in_runs(block[:, channel] == self.top[channel])


def _in_runs(at: NDArray[np.bool_]) -> int:
    """How many of the marked samples stand in runs of at least three."""
    edges = np.flatnonzero(np.diff(at.astype(np.int8), prepend=0, append=0))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _FLAT].sum())


def decibels(power: float) -> float | None:
    """A power as dB; None where there is none."""
    return 10 * math.log10(power) if power > 0 else None
