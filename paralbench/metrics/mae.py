"""Mean absolute error, in the target's own unit."""

import numpy as np

from paralbench.metrics.metric import Array, Metric, moments


def _score(sums: Array, classes: int) -> Array:
    n, *_, absolute = np.moveaxis(sums, -1, 0)
    error: Array = absolute / n
    return error


METRIC = Metric("mae", 1, "number", False, moments, _score)
