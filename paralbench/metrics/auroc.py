"""Area under the receiver operating characteristic: how often a positive example ranks above a negative.

The chance that a positive example has the higher probability of the positive class, which is the
last, ties counting half (Hanley & McNeil, 1982); the area by trapezoids is the same. All other
classes are negative. Outputs of all folds are pooled: a fold whose outputs are shifted costs something.
"""

from paralbench.metrics.curve import CurveMetric
from paralbench.metrics.metric import Array


def _score(sensitivity: Array, false_alarms: Array) -> Array:
    widths = false_alarms[:, 1:] - false_alarms[:, :-1]
    area: Array = (widths * (sensitivity[:, 1:] + sensitivity[:, :-1])).sum(1) / 2
    return area


METRIC = CurveMetric("auroc", 1, "class", True, _score, chance=lambda classes: 0.5)
