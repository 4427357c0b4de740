"""CCC as in AVEC 2019: covariance divided by n, variances by n - 1, all recordings joined.

Identical sequences score 1 - 1/n. Only for comparison with that challenge; use ``ccc`` otherwise.
Source: calc_scores.py of the AVEC 2019 baseline (Ringeval et al., 2019).

>>> round(METRIC([1, 2, 3], [1, 2.5, 3]), 3)
0.632
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
