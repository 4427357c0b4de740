"""Expected calibration error: how far confidence and share of right answers lie apart.

The confidence is the probability of the class predicted. It is sorted into ten bins of equal width,
(0, 0.1] to (0.9, 1]; in each, the mean confidence is compared with the share that is right; the
differences are averaged by the bins' sizes (Naeini et al., 2015; Guo et al., 2017). It cannot be
negative, so few examples look worse calibrated than they are. Less is better.
"""

import numpy as np

from paralbench.metrics.metric import Additive, Answers, Array

BINS = 10


def _statistics(answers: Answers) -> Array:
    """[n, 1 + bins]: 1, and in the bin of its confidence by how much that exceeds being right."""
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
