"""F1 of the positive class, the last one: the harmonic mean of its precision and recall.

Undefined (an error) if the class is neither present nor predicted.

>>> round(METRIC([0, 1, 1], [0, 1, 0], 2), 3)
0.667
"""

import numpy as np

from paralbench.metrics.macro_f1 import f1_by_class
from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    f1, mass = f1_by_class(matrix(sums, classes))
    positive: Array = np.where(mass[..., -1] > 0, f1[..., -1], np.nan)
    return positive


METRIC = Additive("f1", 1, "class", True, confusion, _score)
