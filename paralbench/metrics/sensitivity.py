"""Sensitivity: the share of the positive examples that are found. Positive is the last class.

Not defined (and an error) where no example is positive.
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    positive = matrix(sums, classes)[..., -1, :]
    there = positive.sum(-1)
    share: Array = np.divide(
        positive[..., -1], there, out=np.full_like(there, np.nan), where=there > 0
    )
    return share


def _trials(sums: Array, classes: int) -> Array:
    positive: Array = matrix(sums, classes)[..., -1, :].sum(-1)
    return positive


METRIC = Additive("sensitivity", 1, "class", True, confusion, _score, trials=_trials)
