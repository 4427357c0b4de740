"""p-values adjusted for multiple comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

PValues = NDArray[np.float64]


def holm(p: Sequence[float]) -> PValues:
    """Holm's (1979) step-down: limits the chance of any false alarm.

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    return np.minimum(adjusted, 1.0)


def benjamini_hochberg(p: Sequence[float]) -> PValues:
    """Benjamini and Hochberg's (1995) step-up: limits the share of false discoveries.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    adjusted: PValues = stats.false_discovery_control(_checked(p))
    return adjusted


CORRECTIONS: dict[str, Callable[[Sequence[float]], PValues]] = {
    "holm": holm,
    "benjamini-hochberg": benjamini_hochberg,
}


def _checked(p: Sequence[float]) -> PValues:
    values = np.asarray(p, float)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("expected p-values from 0 to 1 in one dimension")
    return values
