"""Jensen-Shannon divergence of the predicted and the raters' distribution, in bits. Less is better.

The mean divergence of both from their average (Lin, 1991), averaged over examples; 0 where they are the
same, 1 where no class has a share in both. Not its square root, the Jensen-Shannon distance.

>>> round(METRIC.of([[3, 1], [0, 2]], [[0.75, 0.25], [0.5, 0.5]]), 3)
0.156
"""

import numpy as np

from paralbench.metrics.distribution import DistributionMetric, mean, mean_divergence
from paralbench.metrics.metric import Array


def _divergence(shares: Array, probabilities: Array) -> Array:
    middle = (shares + probabilities) / 2
    each: Array = (_relative(shares, middle) + _relative(probabilities, middle)) / 2
    return each


def _relative(shares: Array, middle: Array) -> Array:
    ratio = np.where(shares > 0, shares, 1) / np.where(shares > 0, middle, 1)
    divergence: Array = (shares * np.log2(ratio)).sum(1)
    return divergence


METRIC = DistributionMetric(
    "jensen-shannon", 1, "class", False, mean_divergence(_divergence), mean, range="unit"
)
