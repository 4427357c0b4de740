"""Frames gathered into bins of equal time: what frame pooling and sliding windows are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bins:
    """Moments of the frames in each bin of ``1 / rate`` seconds, counted from the recording's start.

    Args:
        numbers: which bins, ascending [bins].
        counts: how many frames each holds [bins].
        sums: sum of its frames [layers, bins, width].
        squares: sum of their squared deviations from the bin's own mean [layers, bins, width].
    """

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]
    sums: Frames
    squares: Frames


def binned(states: Frames, start: float, frame_rate: float, rate: float) -> Bins:
    """Bin frames [layers, frames, width], the first of them ``start`` seconds in.

    Frame ``j`` stands at ``start + j / frame_rate`` seconds and belongs to the bin it stands in.
    """
    seconds = start + np.arange(states.shape[1]) / frame_rate
    numbers, first, counts = np.unique(
        np.floor(seconds * rate + 1e-6).astype(np.int64), return_index=True, return_counts=True
    )
    sums = np.add.reduceat(states, first, axis=1)
    means = sums / counts[:, None].astype(np.float32)
    apart = states - np.repeat(means, counts, axis=1)
    return Bins(numbers, counts, sums, np.add.reduceat(apart * apart, first, axis=1))
