"""Mean and deviation of columns over the training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4096


@dataclass(frozen=True)
class Standard:
    """What is subtracted from each column and what it is then multiplied by; 0 if it is constant."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, columns: NDArray[np.floating]) -> Standard:
        """Of rows [rows, columns], in blocks."""
        blocks = range(0, len(columns), _BLOCK)
        total = sum(columns[at : at + _BLOCK].sum(0, dtype=np.float64) for at in blocks)
        mean = np.asarray(total) / len(columns)
        squares = sum(((columns[at : at + _BLOCK] - mean) ** 2).sum(0) for at in blocks)
        variance = np.asarray(squares) / len(columns)
        # The rounding noise of a constant column must not be blown up to unit variance.
        varies = variance > 1e-10 * (1e-20 + mean**2)
        scale = np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1)), 0.0)
        return cls(mean, scale)

    def apply(self, columns: NDArray[np.floating]) -> NDArray[np.float64]:
        """Rows [rows, columns], standardised."""
        rows: NDArray[np.float64] = columns - self.mean
        rows *= self.scale
        return rows

    def folded(
        self, weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """A map of standardised columns as a map of raw ones."""
        raw = self.scale[:, None] * weights
        return raw, bias - self.mean @ raw
