"""Specificity: the share of the negative examples that are not taken for positive.

Positive is the last class, negative are all others, whichever of them an example is taken for.
Not defined (and an error) where no example is negative.
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    negative = matrix(sums, classes)[..., :-1, :]
    there = negative.sum((-2, -1))
    spared = negative[..., :-1].sum((-2, -1))
    share: Array = np.divide(spared, there, out=np.full_like(there, np.nan), where=there > 0)
    return share


def _trials(sums: Array, classes: int) -> Array:
    negative: Array = matrix(sums, classes)[..., :-1, :].sum((-2, -1))
    return negative


METRIC = Additive("specificity", 1, "class", True, confusion, _score, trials=_trials)
