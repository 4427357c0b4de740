"""Mean and deviation over frames, gathered window by window and merged exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pooled = NDArray[np.float32]
"""[layers, 2, width]: mean, and population deviation."""


class Moments:
    """Running mean and sum of squared deviations over frames (Chan, Golub & LeVeque, 1979)."""

    def __init__(self) -> None:
        self.frames = 0
        self._mean: NDArray[np.float64] | None = None
        self._squares: NDArray[np.float64] | None = None

    def add(self, frames: int, mean: NDArray[np.floating], deviation: NDArray[np.floating]) -> None:
        """Add a stretch of ``frames`` frames with this mean and deviation, each [layers, width]."""
        fresh = mean.astype(np.float64)
        squares = frames * deviation.astype(np.float64) ** 2
        if self._mean is None or self._squares is None:
            self._mean, self._squares, self.frames = fresh, squares, frames
            return
        total = self.frames + frames
        gap = fresh - self._mean
        self._mean = self._mean + gap * (frames / total)
        self._squares = self._squares + squares + gap**2 * (self.frames * frames / total)
        self.frames = total

    def pooled(self) -> Pooled:
        """[layers, 2, width]; raises ValueError where nothing was added."""
        if self._mean is None or self._squares is None:
            raise ValueError("no frames were added")
        deviation = np.sqrt(self._squares / self.frames)
        return np.stack([self._mean, deviation], axis=1).astype(np.float32)


def merge(parts: Sequence[Pooled], frames: Sequence[int]) -> Pooled:
    """Pool the clips of one example, each weighted by its frames, as if they were one recording."""
    if len(parts) == 1:
        return parts[0]
    moments = Moments()
    for part, count in zip(parts, frames, strict=True):
        moments.add(count, part[:, 0], part[:, 1])
    return moments.pooled()
