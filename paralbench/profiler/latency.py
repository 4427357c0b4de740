"""Latency of one clip at a time: percentiles of raw samples, and ratios of what ran in turn."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from paralbench.records.profile import Timing

_ENOUGH = {95: 20, 99: 100}
"""Samples from which a percentile says more than the largest of them."""


def timing(samples: Sequence[float]) -> Timing:
    """Percentiles of samples in seconds; raises ValueError for none."""
    if not samples:
        raise ValueError("there is no latency without a sample")
    tails = {
        percent: float(f"{np.percentile(samples, percent):.4g}") if len(samples) >= least else None
        for percent, least in _ENOUGH.items()
    }
    return Timing(
        p50=float(f"{median(samples):.4g}"),
        p95=tails[95],
        p99=tails[99],
        microseconds=microseconds(samples),
    )


def microseconds(samples: Sequence[float]) -> str:
    """Samples in seconds as a line of microseconds, four digits each."""
    return " ".join(f"{float(f'{1e6 * sample:.4g}'):g}" for sample in samples)


def ratio(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> float | None:
    """Ours over theirs, turn by turn; the median. What disturbs one turn disturbs both its sides.

    Each item holds the samples of one turn; None where there is none of both.
    """
    pairs = [
        median(our) / median(their)
        for our, their in zip(ours, theirs, strict=False)
        if our and their
    ]
    return median(pairs) if pairs else None
