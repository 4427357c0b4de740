"""F1 of the positive class, which is the last: the harmonic mean of its precision and recall.

Not defined (and an error) where the class was neither there nor ever predicted.
"""

import numpy as np

from paralbench.metrics.macro_f1 import f1_by_class
from paralbench.metrics.metric import Additive, Array, confusion, matrix


def _score(sums: Array, classes: int) -> Array:
    f1, mass = f1_by_class(matrix(sums, classes))
    positive: Array = np.where(mass[..., -1] > 0, f1[..., -1], np.nan)
    return positive


METRIC = Additive("f1", 1, "class", True, confusion, _score)
