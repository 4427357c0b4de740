"""p-values of many comparisons made at once, raised so that they may be read alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

PValues = NDArray[np.float64]


def holm(p: Sequence[float]) -> PValues:
    """Holm's (1979) step-down: among those at most alpha, the chance of any false alarm is alpha.

    The smallest is multiplied by how many there are, the next by one less, and so on; none falls
    below one that came before.
    """
    given = _checked(p)
    order = np.argsort(given, kind="stable")
    raised = given[order] * (len(given) - np.arange(len(given)))
    return _back(np.maximum.accumulate(raised), order)


def benjamini_hochberg(p: Sequence[float]) -> PValues:
    """Benjamini and Hochberg's (1995) step-up: among those at most alpha, a share alpha is false.

    The largest stays, the k-th smallest of n is multiplied by n / k; none rises above one that is
    larger.
    """
    given = _checked(p)
    order = np.argsort(given, kind="stable")
    raised = given[order] * len(given) / (1 + np.arange(len(given)))
    return _back(np.minimum.accumulate(raised[::-1])[::-1], order)


CORRECTIONS: dict[str, Callable[[Sequence[float]], PValues]] = {
    "holm": holm,
    "benjamini-hochberg": benjamini_hochberg,
}


def _checked(p: Sequence[float]) -> PValues:
    given = np.asarray(p, float)
    if given.ndim != 1 or not ((given >= 0) & (given <= 1)).all():
        raise ValueError("p-values are numbers from 0 to 1, in a row")
    return given


def _back(raised: PValues, order: NDArray[np.int64]) -> PValues:
    """In the order in which they were given, 1 at most."""
    found = np.empty_like(raised)
    found[order] = np.minimum(raised, 1.0)
    return found
