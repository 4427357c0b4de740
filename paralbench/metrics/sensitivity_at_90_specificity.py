"""The highest sensitivity of any threshold with a specificity of 0.9 or more.

The threshold is chosen on the test examples, in each bootstrap draw anew: an upper bound of what a
fixed threshold achieves. No interpolation between outputs. The last class is the positive one.

>>> METRIC([0, 1, 1], [0, 1, 0], 2, [[0.8, 0.2], [0.1, 0.9], [0.7, 0.3]])
1.0
"""

import numpy as np

from paralbench.metrics.curve import CurveMetric
from paralbench.metrics.metric import Array

_FALSE_ALARMS = 0.1


def _score(sensitivity: Array, false_alarms: Array) -> Array:
    allowed = np.where(false_alarms <= _FALSE_ALARMS + 1e-12, sensitivity, 0.0)
    highest: Array = np.where(np.isfinite(false_alarms[:, -1]), allowed.max(1), np.nan)
    return highest


METRIC = CurveMetric("sensitivity-at-90-specificity", 1, "class", True, _score)
