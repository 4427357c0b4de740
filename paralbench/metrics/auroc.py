"""Area under the receiver operating characteristic.

The probability that a positive example ranks above a negative one, ties counting half (Hanley &
McNeil, 1982); equal to the trapezoidal area. The last class is positive, all others negative. Outputs
of all folds are pooled, so shifts between folds lower it.

>>> METRIC([0, 1, 1], [0, 1, 0], 2, [[0.8, 0.2], [0.1, 0.9], [0.7, 0.3]])
1.0
"""

from paralbench.metrics.curve import CurveMetric
from paralbench.metrics.metric import Array


def _score(sensitivity: Array, false_alarms: Array) -> Array:
    widths = false_alarms[:, 1:] - false_alarms[:, :-1]
    area: Array = (widths * (sensitivity[:, 1:] + sensitivity[:, :-1])).sum(1) / 2
    return area


METRIC = CurveMetric("auroc", 1, "class", True, _score, chance=lambda classes: 0.5)
