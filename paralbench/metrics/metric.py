"""What a metric is: additive statistics of examples, and a score made of their sum.

Nearly everything the platform reports can be written so. A bootstrap then resamples the summed
statistics of clusters, a matrix product, instead of the predictions, and stays exact. What depends
on the order of the outputs (AUROC) cannot; ``paralbench.metrics.curve`` has it. Both are used through
the :class:`Tally` that they make, which scores any weighting of the clusters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Range = Literal["unit", "correlation", "positive"]


@dataclass(frozen=True)
class Answers:
    """What was said of n examples (or steps of series), beside what is true.

    ``truth`` and ``predicted`` are class indices or numbers [n]; ``outputs`` are probabilities
    [n, classes]; ``recordings`` tells which recording a step belongs to [n].
    """

    truth: Array
    predicted: Array
    classes: int = 0
    outputs: Array | None = None
    recordings: NDArray[np.int64] | None = None

    def take(self, rows: NDArray[Any]) -> Answers:
        """Some of them, by their numbers or a mask."""
        return Answers(
            self.truth[rows],
            self.predicted[rows],
            self.classes,
            None if self.outputs is None else self.outputs[rows],
            None if self.recordings is None else self.recordings[rows],
        )

    def probabilities(self) -> Array:
        """The outputs; raises :class:`ValueError` where there are none, or not one a class."""
        expected = (len(self.truth), self.classes)
        if self.outputs is None or self.outputs.shape != expected:
            told = "none" if self.outputs is None else self.outputs.shape
            raise ValueError(f"expected probabilities {expected}, got {told}")
        return self.outputs.astype(float)


class Tally(Protocol):
    """What of the answers of some clusters a metric needs, in whatever form is fast for it."""

    @property
    def clusters(self) -> int:
        """How many there are, those without an example included."""

    def scores(self, weights: Array) -> Array:
        """The score with each cluster counted as often as told: [draws, clusters] -> [draws]."""

    def beside(self, other: Self) -> Self:
        """Both as one, the other's clusters numbered on after these."""


@dataclass(frozen=True)
class Sums:
    """The tally of an additive metric: summed statistics [clusters, s]."""

    score: Callable[[Array, int], Array]
    classes: int
    sums: Array

    @property
    def clusters(self) -> int:
        """How many there are, those without an example included."""
        return len(self.sums)

    def scores(self, weights: Array) -> Array:
        """See :class:`Tally`; NaN where the metric is not defined."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.score(weights @ self.sums, self.classes)

    def beside(self, other: Sums) -> Sums:
        """See :class:`Tally`."""
        return Sums(self.score, self.classes, np.concatenate([self.sums, other.sums]))


@dataclass(frozen=True)
class Metric(ABC):
    """A named, versioned metric.

    Args:
        name: as written in cards and results.
        version: raised whenever a score could change.
        target: "class" (truth and predicted are class indices) or "number".
        higher_is_better: how entries are ordered.
        chance: score of a guesser who knows nothing, given the number of classes; None if unsaid.
        range: what a score can be: 0 to 1, -1 to 1, or 0 and more.
    """

    name: str
    version: int
    target: Literal["class", "number"]
    higher_is_better: bool
    chance: Callable[[int], float] | None = field(default=None, kw_only=True)
    range: Range = field(default="unit", kw_only=True)

    @abstractmethod
    def tally(self, answers: Answers, clusters: NDArray[np.int64], count: int) -> Tally:
        """What is needed of these answers, of which each belongs to one of ``count`` clusters."""

    def __call__(
        self,
        truth: ArrayLike,
        predicted: ArrayLike,
        classes: int = 0,
        outputs: ArrayLike | None = None,
        recordings: ArrayLike | None = None,
    ) -> float:
        """The score of these predictions; the arguments are those of :class:`Answers`.

        Raises:
            ValueError: where lengths differ, nothing is given, anything is not finite, or the
                metric is not defined for what was given.
        """
        answers = Answers(
            np.asarray(truth, float),
            np.asarray(predicted, float),
            classes,
            None if outputs is None else np.asarray(outputs, float),
            None if recordings is None else np.asarray(recordings, np.int64),
        )
        if answers.truth.shape != answers.predicted.shape or answers.truth.ndim != 1:
            raise ValueError(
                f"{self.name}: truth is {answers.truth.shape}, predicted {answers.predicted.shape}"
            )
        if not answers.truth.size:
            raise ValueError(f"{self.name}: there is nothing to score")
        given = (answers.truth, answers.predicted, answers.outputs)
        if not all(np.isfinite(one).all() for one in given if one is not None):
            raise ValueError(f"{self.name}: NaN or infinity is an error, never a score")
        together = self.tally(answers, np.zeros(len(answers.truth), np.int64), 1)
        score = float(together.scores(np.ones((1, 1)))[0])
        if not np.isfinite(score):
            raise ValueError(f"{self.name}: not defined for these {len(answers.truth)} examples")
        return score


@dataclass(frozen=True)
class Additive(Metric):
    """A metric whose score is made of sums over examples.

    Args:
        statistics: answers -> [n, s], additive over examples.
        score: summed statistics [..., s], classes -> scores [...].
        trials: summed statistics -> how many examples a plain share is the share of; None for
            everything that is no such share.
    """

    statistics: Callable[[Answers], Array]
    score: Callable[[Array, int], Array]
    trials: Callable[[Array, int], Array] | None = field(default=None, kw_only=True)

    def tally(self, answers: Answers, clusters: NDArray[np.int64], count: int) -> Sums:
        """Their statistics, summed by cluster."""
        sums = cluster_sums(self.statistics(answers), clusters, count)
        return Sums(self.score, answers.classes, sums)


def cluster_sums(statistics: Array, clusters: NDArray[np.int64], count: int) -> Array:
    """Sum per-example statistics [n, s] by cluster number: [count, s]."""
    sums = np.zeros((count, statistics.shape[1]))
    if len(clusters):
        order = np.argsort(clusters, kind="stable")
        there, first = np.unique(clusters[order], return_index=True)
        sums[there] = np.add.reduceat(statistics[order], first, axis=0)
    return sums


def confusion(answers: Answers) -> Array:
    """One flattened confusion matrix an example, [n, classes * classes], rows are the truth.

    Raises:
        ValueError: for anything that is not a class index; it would be counted in another's cell.
    """
    classes = answers.classes
    for name, values in (("truth", answers.truth), ("predicted", answers.predicted)):
        wrong = values[(values < 0) | (values >= classes) | (values != np.floor(values))]
        if len(wrong):
            raise ValueError(f"{name} holds {wrong[0]:g}, expected a class from 0 to {classes - 1}")
    counts = np.zeros((len(answers.truth), classes * classes))
    cell = answers.truth.astype(int) * classes + answers.predicted.astype(int)
    counts[np.arange(len(answers.truth)), cell] = 1.0
    return counts


def matrix(sums: Array, classes: int) -> Array:
    """Summed statistics as confusion matrices [..., truth, predicted]."""
    return sums.reshape(*sums.shape[:-1], classes, classes)


def moments(answers: Answers) -> Array:
    """[n, 7]: 1, t, p, tt, pp, tp, |t - p|: all that the metrics of numbers are made of.

    Both t and p are told from the median of the truths. No metric minds, and squares of numbers far
    from zero would otherwise drown their differences in rounding.
    """
    error = np.abs(answers.truth - answers.predicted)
    centre = np.median(answers.truth) if len(error) else 0.0
    truth, predicted = answers.truth - centre, answers.predicted - centre
    one = np.ones_like(truth)
    columns = [one, truth, predicted, truth**2, predicted**2, truth * predicted]
    return np.stack([*columns, error], axis=1)
