"""Brier score: the mean squared error of the probabilities (Brier, 1950). Less is better.

For two classes the error of the positive class's probability, 0 to 1; for more the sum over classes,
0 to 2, as in Brier's paper and scikit-learn.

>>> round(METRIC([0, 1, 1], [0, 1, 0], 2, [[0.8, 0.2], [0.1, 0.9], [0.7, 0.3]]), 3)
0.18
"""

import numpy as np

from paralbench.metrics.metric import Additive, Answers, Array


def _statistics(answers: Answers) -> Array:
    present = answers.truth[:, None] == np.arange(answers.classes)
    squared = ((answers.probabilities() - present) ** 2).sum(1)
    each = squared / 2 if answers.classes == 2 else squared
    return np.stack([np.ones_like(each), each], axis=1)


def _score(sums: Array, classes: int) -> Array:
    mean: Array = sums[..., 1] / sums[..., 0]
    return mean


METRIC = Additive("brier", 1, "class", False, _statistics, _score, range="positive")
