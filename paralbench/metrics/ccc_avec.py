"""CCC as AVEC 2019 computed it: covariance divided by n, variances by n - 1, all recordings joined.

Identical sequences give 1 - 1/n, not 1. Only for comparing with that challenge's numbers; the
platform's own is ``ccc``. Source: calc_scores.py of the AVEC 2019 baseline (Ringeval et al., 2019).
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, moments


def _score(sums: Array, classes: int) -> Array:
    n, t, p, tt, pp, tp, _ = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = tp / n - t * p / n**2
        variances = (tt - t**2 / n + pp - p**2 / n) / (n - 1)
        concordance: Array = 2 * covariance / (variances + (t / n - p / n) ** 2)
    return concordance


METRIC = Additive(
    "ccc-avec", 1, "number", True, moments, _score, chance=lambda classes: 0.0, range="correlation"
)
