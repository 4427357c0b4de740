"""Concordance correlation coefficient (Lin, 1989), all moments divided by n.

Undefined (an error) if truth and prediction are both constant and equal.

>>> round(METRIC([1, 2, 3], [1, 2.5, 3]), 3)
0.941
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, moments


def _score(sums: Array, classes: int) -> Array:
    n, t, p, tt, pp, tp, _ = np.moveaxis(sums, -1, 0)
    covariance = tp / n - t * p / n**2
    spread = (tt / n - (t / n) ** 2) + (pp / n - (p / n) ** 2) + (t / n - p / n) ** 2
    defined = spread > 1e-12 * (tt + pp) / n
    concordance: Array = np.divide(
        2 * covariance, spread, out=np.full_like(spread, np.nan), where=defined
    )
    return concordance


METRIC = Additive(
    "ccc", 1, "number", True, moments, _score, chance=lambda classes: 0.0, range="correlation"
)
