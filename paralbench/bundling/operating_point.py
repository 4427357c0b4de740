"""The operating point: the threshold of a positive prediction, and the band around it without one.

Both are chosen on calibrated out-of-fold probabilities, every speaker counting once. The reported
figures come from speakers on whom they were not chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from paralbench.statistics.calibration import Array, folds, logit, weights


@dataclass(frozen=True)
class Goal:
    """What an operating point is chosen for.

    Args:
        sensitivity: the least, with the best specificity; None for no demand.
        specificity: the other way round. With neither, their mean is maximised.
        accuracy: the least, of what is predicted; by default half of the errors are abstained from.
        most: the largest share to abstain from; where that does not suffice, nothing is.
    """

    sensitivity: float | None = None
    specificity: float | None = None
    accuracy: float | None = None
    most: float = 0.3


@dataclass(frozen=True)
class Point:
    """A threshold, and a band around it in which there is no prediction."""

    threshold: float
    abstain: tuple[float, float] | None

    def positive(self, probabilities: Array) -> NDArray[np.bool_]:
        """Whether each is predicted positive, [n]."""
        return np.asarray(probabilities >= self.threshold)

    def abstained(self, probabilities: Array) -> NDArray[np.bool_]:
        """Whether each is without a prediction, [n]."""
        if self.abstain is None:
            return np.zeros(len(probabilities), bool)
        low, high = self.abstain
        return np.asarray((probabilities > low) & (probabilities < high))


def chosen(probabilities: Array, truth: Array, clusters: NDArray[np.int64], goal: Goal) -> Point:
    """The point that these examples suggest; ``truth`` is 1 for positive, [n]."""
    weight = weights(clusters)
    threshold = _threshold(probabilities, truth, weight, goal)
    return Point(threshold, _band(probabilities, truth, weight, threshold, goal))


def held_out(
    probabilities: Array, truth: Array, clusters: NDArray[np.int64], goal: Goal
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Predictions by points chosen on other speakers: (positive, abstained), [n] both."""
    fold_of = folds(clusters, truth)
    positive, abstained = np.empty(len(truth), bool), np.empty(len(truth), bool)
    for fold in np.unique(fold_of):
        rest, out = fold_of != fold, fold_of == fold
        point = chosen(probabilities[rest], truth[rest], clusters[rest], goal)
        positive[out] = point.positive(probabilities[out])
        abstained[out] = point.abstained(probabilities[out])
    return positive, abstained


def _threshold(probabilities: Array, truth: Array, weight: Array, goal: Goal) -> float:
    """Half way between two probabilities that occur, so that rounding decides nothing."""
    values = np.unique(probabilities)
    candidates = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2, [1.0]])
    positive = probabilities >= candidates[:, None]
    sensitivity = (positive * (weight * truth)).sum(1) / (weight * truth).sum()
    specificity = (~positive * (weight * (1 - truth))).sum(1) / (weight * (1 - truth)).sum()
    for least, rate, other in (
        (goal.sensitivity, sensitivity, specificity),
        (goal.specificity, specificity, sensitivity),
    ):
        if least is not None:
            return float(candidates[np.where(rate >= least - 1e-12, other, -1.0).argmax()])
    mean = sensitivity + specificity
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return float(candidates[best[np.abs(candidates[best] - 0.5).argmin()]])


def _band(
    probabilities: Array, truth: Array, weight: Array, threshold: float, goal: Goal
) -> tuple[float, float] | None:
    """The narrowest band, symmetric in log odds, outside which the accuracy suffices."""
    correct = ((probabilities >= threshold) == (truth > 0)).astype(float)
    centre = logit(np.array([threshold]))[0]
    distance = np.abs(logit(probabilities) - centre)
    order = np.argsort(-distance, kind="stable")
    total, predicted = weight.sum(), weight[order].cumsum()
    accuracy = (weight * correct)[order].cumsum() / predicted
    least = goal.accuracy if goal.accuracy is not None else (1 + accuracy[-1]) / 2
    if accuracy[-1] >= least - 1e-12 or not 0 < threshold < 1:
        return None
    enough = predicted >= (1 - goal.most) * total - 1e-9
    fits = np.flatnonzero((accuracy >= least - 1e-12) & enough)
    if not len(fits):
        return None
    half = (distance[order][fits[-1]] + distance[order][fits[-1] + 1]) / 2
    return float(expit(centre - half)), float(expit(centre + half))
