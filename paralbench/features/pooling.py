"""Pooling: mean and deviation over a clip's frames, merged exactly from those of its pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paralbench.features.precision import stored
from paralbench.features.reduction import Part, Reduction
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Values
from paralbench.records.model_card import ModelCard

if TYPE_CHECKING:
    import torch

Pooled = NDArray[np.float32]
"""[layers, 2, width]: mean, and population deviation."""


class Moments:
    """Running mean and sum of squared deviations over frames (Chan, Golub & LeVeque, 1979)."""

    def __init__(self) -> None:
        self.frames = 0
        self._mean: NDArray[np.float64] | None = None
        self._squares: NDArray[np.float64] | None = None

    def add(self, frames: int, mean: NDArray[np.floating], deviation: NDArray[np.floating]) -> None:
        """Add ``frames`` frames with this mean and deviation, each [layers, width]."""
        added = mean.astype(np.float64)
        squares = frames * deviation.astype(np.float64) ** 2
        if self._mean is None or self._squares is None:
            self._mean, self._squares, self.frames = added, squares, frames
            return
        total = self.frames + frames
        gap = added - self._mean
        self._mean = self._mean + gap * (frames / total)
        self._squares = self._squares + squares + gap**2 * (self.frames * frames / total)
        self.frames = total

    def pooled(self) -> Pooled:
        """Mean and deviation [layers, 2, width]; raises ValueError where nothing was added."""
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


def reduction(card: ModelCard, spec: FeatureSpec, scratch: Path | None) -> Reduction:
    """Records of kind ``pooled``."""
    return Reduction(_moments, lambda: _Gatherer(spec))


def _moments(states: torch.Tensor, start: float) -> Part:
    mean, deviation = states.mean(1), states.std(1, correction=0)
    return states.shape[1], mean.numpy(force=True), deviation.numpy(force=True)


class _Gatherer:
    def __init__(self, spec: FeatureSpec) -> None:
        self._dtype, self._moments = spec.dtype, Moments()

    def add(self, part: Part) -> None:
        self._moments.add(*part)

    def values(self, seconds: float) -> tuple[Values, int]:
        return stored(self._moments.pooled(), self._dtype), self._moments.frames
