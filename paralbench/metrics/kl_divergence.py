"""Kullback-Leibler divergence of the raters' distribution from the predicted one, in nats. Less is better.

The cross-entropy less the entropy of the raters' distribution, which no prediction changes; 0 where
both distributions are the same. The mean over examples (Kullback & Leibler, 1951).

>>> round(METRIC.of([[3, 1], [0, 2]], [[0.75, 0.25], [0.5, 0.5]]), 3)
0.347
"""

import numpy as np

from paralbench.metrics.distribution import DistributionMetric, mean, mean_divergence
from paralbench.metrics.metric import Array


def _divergence(shares: Array, probabilities: Array) -> Array:
    ratio = np.where(shares > 0, shares, 1) / np.where(shares > 0, probabilities, 1)
    each: Array = (shares * np.log(ratio)).sum(1)
    return each


METRIC = DistributionMetric(
    "kl-divergence", 1, "class", False, mean_divergence(_divergence), mean, range="positive"
)
