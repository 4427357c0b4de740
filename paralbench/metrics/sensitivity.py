"""Sensitivity: the share of positive examples that are found; the last class is positive.

Undefined (an error) without positive examples.

>>> METRIC([0, 1, 1], [0, 1, 0], 2)
0.5
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    positive = matrix(sums, classes)[..., -1, :]
    total = positive.sum(-1)
    hits = positive[..., -1]
    share: Array = np.divide(hits, total, out=np.full_like(total, np.nan), where=total > 0)
    return share


def _trials(sums: Array, classes: int) -> Array:
    positive: Array = matrix(sums, classes)[..., -1, :].sum(-1)
    return positive


METRIC = Additive("sensitivity", 1, "class", True, confusion, _score, trials=_trials)
