"""Macro F1: the mean over classes of the harmonic mean of precision and recall.

A class that is neither present nor predicted is left out of the mean.

>>> round(METRIC([0, 1, 1], [0, 1, 0], 2), 3)
0.667
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def f1_by_class(counts: Array) -> tuple[Array, Array]:
    """F1 of each class [..., classes], and how often it was present plus predicted."""
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    mass = counts.sum(-1) + counts.sum(-2)
    return np.divide(2 * hits, mass, out=np.zeros_like(mass), where=mass > 0), mass


def _score(sums: Array, classes: int) -> Array:
    f1, mass = f1_by_class(matrix(sums, classes))
    average: Array = f1.sum(-1) / (mass > 0).sum(-1)
    return average


METRIC = Additive("macro-f1", 1, "class", True, confusion, _score)
