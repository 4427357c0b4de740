"""Specificity: the share of the negative examples that are not taken for positive.

Positive is the last class, negative are all others, whichever of them an example is taken for.
Not defined (and an error) where no example is negative.
"""

import numpy as np

from paralbench.metrics.metric import Array, Metric, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    negative = matrix(sums, classes)[..., :-1, :]
    there = negative.sum((-2, -1))
    spared = negative[..., :-1].sum((-2, -1))
    share: Array = np.divide(spared, there, out=np.full_like(there, np.nan), where=there > 0)
    return share


METRIC = Metric("specificity", 1, "class", True, confusion, _score)
