"""Expected calibration error: the mean difference between confidence and accuracy. Less is better.

The confidence is the probability of the predicted class, in ten bins of equal width, (0, 0.1] to
(0.9, 1]. The absolute differences of mean confidence and accuracy are averaged over bins, weighted by
their sizes (Naeini et al., 2015; Guo et al., 2017). Its bias is positive with few examples.

>>> round(METRIC([0, 1, 1], [0, 1, 0], 2, [[0.8, 0.2], [0.1, 0.9], [0.7, 0.3]]), 3)
0.333
"""

import numpy as np

from paralbench.metrics.metric import Additive, Answers, Array

BINS = 10


def _statistics(answers: Answers) -> Array:
    """1, and confidence less correctness in the bin of the confidence, [n, 1 + bins]."""
    rows, predicted = np.arange(len(answers.truth)), answers.predicted.astype(int)
    confidence = answers.probabilities()[rows, predicted]
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    statistics = np.zeros((len(rows), 1 + BINS))
    statistics[:, 0] = 1.0
    statistics[rows, 1 + bins] = confidence - (answers.predicted == answers.truth)
    return statistics


def _score(sums: Array, classes: int) -> Array:
    error: Array = np.abs(sums[..., 1:]).sum(-1) / sums[..., 0]
    return error


METRIC = Additive("ece", 1, "class", False, _statistics, _score)
