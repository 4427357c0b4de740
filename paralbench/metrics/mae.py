"""Mean absolute error, in the target's unit.

>>> round(METRIC([1, 2, 3], [1, 2.5, 3]), 3)
0.167
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, moments


def _score(sums: Array, classes: int) -> Array:
    n, *_, absolute = np.moveaxis(sums, -1, 0)
    error: Array = absolute / n
    return error


METRIC = Additive("mae", 1, "number", False, moments, _score, range="positive")
