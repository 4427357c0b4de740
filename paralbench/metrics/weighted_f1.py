"""Weighted F1: the mean of the classes' F1, each weighted by how often the class is the truth."""

from paralbench.metrics.macro_f1 import f1_by_class
from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    counts = matrix(sums, classes)
    f1, _ = f1_by_class(counts)
    support = counts.sum(-1)
    average: Array = (f1 * support).sum(-1) / support.sum(-1)
    return average


METRIC = Additive("weighted-f1", 1, "class", True, confusion, _score)
