"""The highest sensitivity that any threshold reaches at a specificity of 0.9 or more.

The threshold is chosen on the test examples themselves, and anew in each bootstrap draw; so it is
what the outputs would allow, not what a threshold fixed beforehand gives. Thresholds fall between
different outputs only; nothing is interpolated. Positive is the last class, all others negative.
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
