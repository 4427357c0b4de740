"""Cross-entropy of the predicted probabilities with the raters' distribution, in nats. Less is better.

The mean over examples of -sum(q log p), with q the share of an example's votes on each class: the soft
score of learning with disagreements (Leonardelli et al., SemEval-2023 task 11). Its least value is the
mean entropy of the raters' distributions, not zero.

>>> round(METRIC.of([[3, 1], [0, 2]], [[0.75, 0.25], [0.5, 0.5]]), 3)
0.628
"""

import numpy as np

from paralbench.metrics.distribution import DistributionMetric, mean, mean_divergence
from paralbench.metrics.metric import Array


def _divergence(shares: Array, probabilities: Array) -> Array:
    each: Array = -(shares * np.log(probabilities)).sum(1)
    return each


METRIC = DistributionMetric(
    "cross-entropy", 1, "class", False, mean_divergence(_divergence), mean, range="positive"
)
