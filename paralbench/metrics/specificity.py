"""Specificity: the share of negative examples that are not predicted as positive.

The last class is positive, all others negative; confusions among these do not count. Undefined (an
error) without negative examples.

>>> METRIC([0, 1, 1], [0, 1, 0], 2)
1.0
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    negative = matrix(sums, classes)[..., :-1, :]
    total = negative.sum((-2, -1))
    spared = negative[..., :-1].sum((-2, -1))
    share: Array = np.divide(spared, total, out=np.full_like(total, np.nan), where=total > 0)
    return share


def _trials(sums: Array, classes: int) -> Array:
    negative: Array = matrix(sums, classes)[..., :-1, :].sum((-2, -1))
    return negative


METRIC = Additive("specificity", 1, "class", True, confusion, _score, trials=_trials)
