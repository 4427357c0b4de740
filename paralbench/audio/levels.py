"""Peak, level, DC offset, clipping, digital silence and dead channels, in one pass over blocks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 0.999
"""A sample of this magnitude counts as clipped, whatever its neighbours."""
_FLAT_FROM = 0.1
"""Lower peaks are not checked: rounding alone flattens those of a faint tone."""
_FLAT = 3
_STILL_SECONDS = 0.01
DEAD = 60.0
"""A channel this many dB below the loudest, or constant, is dead."""


class Levels:
    """Levels of a recording from blocks [samples, channels], all but the last of one length.

    A sample is clipped when it reaches full scale, or is one of at least three equal samples in a row
    at its channel's highest or lowest value (clipping that was scaled down later). Runs are detected
    within a block; one across two blocks may lose two samples.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self._still_frame = max(2, round(_STILL_SECONDS * rate))
        self._count = self._still = 0
        self._sum, self._squares = np.zeros(channels), np.zeros(channels)
        self._high, self._low = _Top(channels), _Top(channels)
        self._full = np.zeros(channels, np.int64)

    def add(self, block: NDArray[np.float32]) -> None:
        """Add a block of finite samples."""
        self._count += len(block)
        # Rows of samples: numpy reduces an array of few columns many times slower.
        channels = np.ascontiguousarray(block.T)
        self._sum += channels.sum(axis=1, dtype=np.float64)
        self._squares += np.einsum("cs,cs->c", channels, channels, dtype=np.float64)
        self._full += (np.abs(channels) >= FULL_SCALE).sum(axis=1)
        self._high.add(channels)
        self._low.add(-channels)
        for start in range(0, len(block), self._still_frame * 1000):
            self._still += self._unmoved(channels[:, start : start + self._still_frame * 1000])

    def _unmoved(self, channels: NDArray[np.float32]) -> int:
        """How many samples lie in 10 ms frames in which every channel is constant."""
        frames = channels.shape[1] // self._still_frame
        framed, rest = np.split(channels, [frames * self._still_frame], axis=1)
        framed = framed.reshape(len(channels), frames, self._still_frame)
        still = (np.ptp(framed, axis=2) == 0).all(axis=0)
        tail = rest.shape[1] if rest.size and (np.ptp(rest, axis=1) == 0).all() else 0
        return int(still.sum()) * self._still_frame + tail

    @property
    def peak(self) -> float | None:
        """Largest sample of any channel, in dBFS."""
        return decibels(float(np.maximum(self._high.top, self._low.top).max(initial=0)) ** 2)

    @property
    def level(self) -> float | None:
        """Root mean square of the loudest channel without its DC offset, in dBFS."""
        return decibels(float(self._power().max(initial=0)))

    @property
    def offset(self) -> float:
        """Largest DC offset of a channel, as a share of full scale."""
        return float(np.abs(self._sum).max(initial=0)) / max(1, self._count)

    @property
    def clipped(self) -> float:
        """Share of clipped samples in the worst channel."""
        flat = self._high.flat + self._low.flat
        return int(np.maximum(flat, self._full).max(initial=0)) / max(1, self._count)

    @property
    def silent(self) -> float:
        """Share of the recording in which every channel is constant."""
        return self._still / max(1, self._count)

    @property
    def dead(self) -> tuple[int, ...]:
        """Channels without sound, numbered from 0; empty if all are silent."""
        power = self._power()
        floor = power.max(initial=0) * 10 ** (-DEAD / 10)
        return tuple(int(channel) for channel in np.flatnonzero(power < floor))

    def _power(self) -> NDArray[np.float64]:
        count = max(1, self._count)
        power = self._squares / count - (self._sum / count) ** 2
        # The rounding error of a constant is not sound.
        return np.where(power > 1e-9 * self._squares / count, power, 0.0)


class _Top:
    """Each channel's maximum so far, and how many samples lie in flat runs at it."""

    def __init__(self, channels: int) -> None:
        self.top = np.zeros(channels, np.float32)
        self.flat = np.zeros(channels, np.int64)

    def add(self, channels: NDArray[np.float32]) -> None:
        """Add samples [channels, samples]."""
        highest = channels.max(axis=1, initial=0)
        higher = highest > self.top
        self.top = np.maximum(self.top, highest)
        self.flat[higher] = 0
        for channel in np.flatnonzero((highest == self.top) & (highest >= _FLAT_FROM)):
            at_top = (channels[channel] == self.top[channel]).astype(np.int8)
            edges = np.flatnonzero(np.diff(at_top, prepend=0, append=0))
            runs = edges[1::2] - edges[::2]
            self.flat[channel] += int(runs[runs >= _FLAT].sum())


def decibels(power: float) -> float | None:
    """A power in dB; None for zero."""
    return 10 * math.log10(power) if power > 0 else None
