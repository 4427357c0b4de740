"""Weighted F1: the mean F1 over classes, weighted by their number of examples.

>>> round(METRIC([0, 1, 1], [0, 1, 0], 2), 3)
0.667
"""

from paralbench.metrics.macro_f1 import f1_by_class
from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    counts = matrix(sums, classes)
    f1, _ = f1_by_class(counts)
    support = counts.sum(-1)
    average: Array = (f1 * support).sum(-1) / support.sum(-1)
    return average


METRIC = Additive("weighted-f1", 1, "class", True, confusion, _score)
