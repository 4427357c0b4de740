"""Unweighted average recall: the mean over classes of each class's recall (Schuller et al., 2009).

Classes without examples are left out of the mean.

>>> METRIC([0, 1, 1], [0, 1, 0], 2)
0.75
"""

import numpy as np

from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    counts = matrix(sums, classes)
    present = counts.sum(-1)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    recall = np.divide(hits, present, out=np.zeros_like(present), where=present > 0)
    average: Array = recall.sum(-1) / (present > 0).sum(-1)
    return average


METRIC = Additive("uar", 1, "class", True, confusion, _score, chance=lambda classes: 1 / classes)
