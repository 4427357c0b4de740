"""Root mean squared error, in the target's unit.

>>> round(METRIC([1, 2, 3], [1, 2.5, 3]), 3)
0.289
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, moments


def _score(sums: Array, classes: int) -> Array:
    n, _, _, tt, pp, tp, _ = np.moveaxis(sums, -1, 0)
    error: Array = np.sqrt(np.maximum(tt + pp - 2 * tp, 0) / n)
    return error


METRIC = Additive("rmse", 1, "number", False, moments, _score, range="positive")
