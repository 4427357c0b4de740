"""What a metric is: additive statistics of examples, and a score made of their sum.

Everything the platform reports can be written so. A bootstrap then resamples the summed
statistics of clusters, a matrix product, instead of the predictions, and stays exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A named, versioned metric.

    Args:
        name: as written in cards and results.
        version: raised whenever a score could change.
        target: "class" (statistics of integer class indices) or "number".
        higher_is_better: how entries are ordered.
        statistics: (truth [n], predicted [n], classes) -> [n, s], additive over examples.
        score: summed statistics [..., s], classes -> scores [...].
        chance: score of a guesser who knows nothing, given the number of classes; None if unsaid.
    """

    name: str
    version: int
    target: Literal["class", "number"]
    higher_is_better: bool
    statistics: Callable[[Array, Array, int], Array]
    score: Callable[[Array, int], Array]
    chance: Callable[[int], float] | None = None

    def __call__(self, truth: Array, predicted: Array, classes: int = 0) -> float:
        """The score of these predictions.

        Raises:
            ValueError: where lengths differ, nothing is given, anything is not finite, or the
                metric is not defined for what was given.
        """
        truth, predicted = np.asarray(truth, float), np.asarray(predicted, float)
        if truth.shape != predicted.shape or truth.ndim != 1:
            raise ValueError(f"{self.name}: truth is {truth.shape}, predicted {predicted.shape}")
        if not truth.size:
            raise ValueError(f"{self.name}: there is nothing to score")
        if not (np.isfinite(truth).all() and np.isfinite(predicted).all()):
            raise ValueError(f"{self.name}: NaN or infinity is an error, never a score")
        score = float(self.score(self.statistics(truth, predicted, classes).sum(0), classes))
        if not np.isfinite(score):
            raise ValueError(f"{self.name}: not defined for these {len(truth)} examples")
        return score


def confusion(truth: Array, predicted: Array, classes: int) -> Array:
    """One flattened confusion matrix an example, [n, classes * classes], rows are the truth.

    Raises:
        ValueError: for anything that is not a class index; it would be counted in another's cell.
    """
    for name, values in (("truth", truth), ("predicted", predicted)):
        wrong = values[(values < 0) | (values >= classes) | (values != np.floor(values))]
        if len(wrong):
            raise ValueError(f"{name} holds {wrong[0]:g}, expected a class from 0 to {classes - 1}")
    counts = np.zeros((len(truth), classes * classes))
    cell = truth.astype(int) * classes + predicted.astype(int)
    counts[np.arange(len(truth)), cell] = 1.0
    return counts


def matrix(sums: Array, classes: int) -> Array:
    """Summed statistics as confusion matrices [..., truth, predicted]."""
    return sums.reshape(*sums.shape[:-1], classes, classes)


def moments(truth: Array, predicted: Array, classes: int) -> Array:
    """[n, 7]: 1, t, p, tt, pp, tp, |t - p|: all that the metrics of numbers are made of.

    Both t and p are told from the median of the truths. No metric minds, and squares of numbers far
    from zero would otherwise drown their differences in rounding.
    """
    error = np.abs(truth - predicted)
    centre = np.median(truth)
    truth, predicted = truth - centre, predicted - centre
    one = np.ones_like(truth)
    columns = [one, truth, predicted, truth**2, predicted**2, truth * predicted]
    return np.stack([*columns, error], axis=1)
