"""Frames summed in bins of equal time, for frame pooling and sliding windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bins:
    """The frames in each bin of ``1 / rate`` seconds, counted from the recording's start.

    Args:
        numbers: which bins, ascending [bins].
        counts: how many frames each holds [bins].
        sums: sum of its frames [layers, bins, width].
    """

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]
    sums: Frames


def binned(states: Frames, start: float, frame_rate: float, rate: float) -> Bins:
    """Bin frames [layers, frames, width], the first of them ``start`` seconds in.

    Frame ``j`` belongs to the bin that contains ``start + j / frame_rate`` seconds.
    """
    seconds = start + np.arange(states.shape[1]) / frame_rate
    numbers, first, counts = np.unique(
        np.floor(seconds * rate + 1e-6).astype(np.int64), return_index=True, return_counts=True
    )
    return Bins(numbers, counts, np.add.reduceat(states, first, axis=1))


def deviations(states: Frames, bins: Bins) -> Frames:
    """Sum of the squared deviations of each bin's frames from their mean [layers, bins, width]."""
    means = bins.sums / bins.counts[:, None].astype(np.float32)
    centred = states - np.repeat(means, bins.counts, axis=1)
    first = np.cumsum(bins.counts) - bins.counts
    squares: Frames = np.add.reduceat(centred * centred, first, axis=1)
    return squares
