"""From which probability on the prediction is positive, and between which there is none.

Both are chosen on calibrated probabilities of speakers that nothing was fitted on, every speaker
counting once; what is reported of them comes from speakers that they were not chosen on either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from paralbench.statistics.calibration import Array, folds, logit, weights


@dataclass(frozen=True)
class Wish:
    """What is wanted of an operating point.

    Args:
        sensitivity: at least so much, with the best specificity; None where not asked.
        specificity: the other way round. With neither, the mean of both is as high as it can be.
        accuracy: of what is predicted, so much is to be right; by default half of the errors are
            to be abstained from.
        most: abstain from no larger share than this; where that does not suffice, from none.
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

    def predicted(self, probabilities: Array) -> NDArray[np.bool_]:
        """Whether positive, [n]."""
        found: NDArray[np.bool_] = probabilities >= self.threshold
        return found

    def silent(self, probabilities: Array) -> NDArray[np.bool_]:
        """Whether nothing is said, [n]."""
        if self.abstain is None:
            return np.zeros(len(probabilities), bool)
        low, high = self.abstain
        found: NDArray[np.bool_] = (probabilities > low) & (probabilities < high)
        return found


def chosen(probabilities: Array, truth: Array, clusters: NDArray[np.int64], wish: Wish) -> Point:
    """The point that these examples suggest; ``truth`` is 1 for positive, [n]."""
    counting = weights(clusters)
    threshold = _threshold(probabilities, truth, counting, wish)
    return Point(threshold, _band(probabilities, truth, counting, threshold, wish))


def held_out(
    probabilities: Array, truth: Array, clusters: NDArray[np.int64], wish: Wish
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What points chosen on the other speakers say of each: (positive, silent), [n] both."""
    dealt = folds(clusters, truth)
    positive, silent = np.empty(len(truth), bool), np.empty(len(truth), bool)
    for fold in np.unique(dealt):
        rest, out = dealt != fold, dealt == fold
        point = chosen(probabilities[rest], truth[rest], clusters[rest], wish)
        positive[out] = point.predicted(probabilities[out])
        silent[out] = point.silent(probabilities[out])
    return positive, silent


def _threshold(probabilities: Array, truth: Array, counting: Array, wish: Wish) -> float:
    """Half way between two probabilities that occur, so that rounding decides nothing."""
    found = np.unique(probabilities)
    candidates = np.concatenate([[0.0], (found[1:] + found[:-1]) / 2, [1.0]])
    called = probabilities >= candidates[:, None]
    sensitivity = (called * (counting * truth)).sum(1) / (counting * truth).sum()
    specificity = (~called * (counting * (1 - truth))).sum(1) / (counting * (1 - truth)).sum()
    rules: list[tuple[float | None, Array, Callable[[int], Array]]] = [
        (wish.sensitivity, sensitivity, lambda _: specificity),
        (wish.specificity, specificity, lambda _: sensitivity),
    ]
    for wanted, own, other in rules:
        if wanted is not None:
            enough = own >= wanted - 1e-12
            return float(candidates[np.where(enough, other(0), -1.0).argmax()])
    mean = sensitivity + specificity
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return float(candidates[best[np.abs(candidates[best] - 0.5).argmin()]])


def _band(
    probabilities: Array, truth: Array, counting: Array, threshold: float, wish: Wish
) -> tuple[float, float] | None:
    """The narrowest band, as wide on both sides in log odds, outside which enough is right."""
    right = ((probabilities >= threshold) == (truth > 0)).astype(float)
    far = np.abs(logit(probabilities) - logit(np.array([threshold]))[0])
    order = np.argsort(-far, kind="stable")
    total = counting.sum()
    kept = counting[order].cumsum()
    accuracy = (counting * right)[order].cumsum() / kept
    wanted = wish.accuracy if wish.accuracy is not None else (1 + accuracy[-1]) / 2
    if accuracy[-1] >= wanted - 1e-12 or not 0 < threshold < 1:
        return None
    fits = np.flatnonzero((accuracy >= wanted - 1e-12) & (kept >= (1 - wish.most) * total - 1e-9))
    if not len(fits):
        return None
    last = int(fits[-1])
    half = (far[order][last] + far[order][last + 1]) / 2
    centre = logit(np.array([threshold]))[0]
    return float(expit(centre - half)), float(expit(centre + half))
