"""Weighted accuracy, the emotion field's name for accuracy: the share of correct predictions.

>>> round(METRIC([0, 1, 1], [0, 1, 0], 2), 3)
0.667
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    counts = matrix(sums, classes)
    share: Array = np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1))
    return share


def _trials(sums: Array, classes: int) -> Array:
    count: Array = sums.sum(-1)
    return count


METRIC = Additive("wa", 1, "class", True, confusion, _score, trials=_trials)
