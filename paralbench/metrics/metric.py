"""The metric contract: most metrics are functions of additive statistics of examples.

The bootstrap then resamples summed statistics of clusters with a matrix product, which is exact.
Metrics of the order of outputs (AUROC) are in ``paralbench.metrics.curve``. Both make a
:class:`Tally`, which scores any weighting of clusters.
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
    """Truth and predictions of n examples (or steps of series).

    ``truth`` and ``predicted`` are class indices or numbers [n]; ``outputs`` are probabilities
    [n, classes]; ``recordings`` is the recording of each step [n].
    """

    truth: Array
    predicted: Array
    classes: int = 0
    outputs: Array | None = None
    recordings: NDArray[np.int64] | None = None

    def take(self, rows: NDArray[Any]) -> Answers:
        """The examples at these indices or under this mask."""
        return Answers(
            self.truth[rows],
            self.predicted[rows],
            self.classes,
            None if self.outputs is None else self.outputs[rows],
            None if self.recordings is None else self.recordings[rows],
        )

    def probabilities(self) -> Array:
        """The outputs; raises :class:`ValueError` unless there is one for each class."""
        expected = (len(self.truth), self.classes)
        if self.outputs is None or self.outputs.shape != expected:
            shape = "none" if self.outputs is None else self.outputs.shape
            raise ValueError(f"expected probabilities {expected}, got {shape}")
        return self.outputs.astype(float)


class Tally(Protocol):
    """A metric's summary of the answers of some clusters, in a form that is fast to score."""

    @property
    def clusters(self) -> int:
        """Number of clusters, including those without examples."""

    def scores(self, weights: Array) -> Array:
        """The score under weights of clusters: [draws, clusters] -> [draws]."""

    def beside(self, other: Self) -> Self:
        """Both joined; the other's clusters are numbered after these."""


@dataclass(frozen=True)
class Sums:
    """The tally of an additive metric: summed statistics [clusters, s]."""

    score: Callable[[Array, int], Array]
    classes: int
    sums: Array

    @property
    def clusters(self) -> int:
        """Number of clusters, including those without examples."""
        return len(self.sums)

    def scores(self, weights: Array) -> Array:
        """See :class:`Tally`; NaN if the metric is undefined."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.score(weights @ self.sums, self.classes)

    def beside(self, other: Sums) -> Sums:
        """See :class:`Tally`."""
        return Sums(self.score, self.classes, np.concatenate([self.sums, other.sums]))


@dataclass(frozen=True)
class Metric(ABC):
    """A named, versioned metric.

    Args:
        name: as in cards and results.
        version: increased whenever a score could change.
        target: "class" (truth and predicted are class indices) or "number".
        higher_is_better: how entries are ordered.
        chance: score of guessing, given the number of classes; None if unknown.
        range: of scores: 0 to 1, -1 to 1, or 0 and more.
    """

    name: str
    version: int
    target: Literal["class", "number"]
    higher_is_better: bool
    chance: Callable[[int], float] | None = field(default=None, kw_only=True)
    range: Range = field(default="unit", kw_only=True)

    @abstractmethod
    def tally(self, answers: Answers, clusters: NDArray[np.int64], count: int) -> Tally:
        """Summarise answers, each of one of ``count`` clusters."""

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
            ValueError: for different lengths, no examples, NaN or infinity, or if the metric is
                undefined.
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
        arrays = (answers.truth, answers.predicted, answers.outputs)
        if not all(np.isfinite(array).all() for array in arrays if array is not None):
            raise ValueError(f"{self.name}: NaN or infinity is an error, never a score")
        tally = self.tally(answers, np.zeros(len(answers.truth), np.int64), 1)
        score = float(tally.scores(np.ones((1, 1)))[0])
        if not np.isfinite(score):
            raise ValueError(f"{self.name}: not defined for these {len(answers.truth)} examples")
        return score


@dataclass(frozen=True)
class Additive(Metric):
    """A metric whose score is made of sums over examples.

    Args:
        statistics: answers -> [n, s], additive over examples.
        score: summed statistics [..., s], classes -> scores [...].
        trials: summed statistics, classes -> the denominator of a score that is a share of
            examples; None for other scores.
    """

    statistics: Callable[[Answers], Array]
    score: Callable[[Array, int], Array]
    trials: Callable[[Array, int], Array] | None = field(default=None, kw_only=True)

    def tally(self, answers: Answers, clusters: NDArray[np.int64], count: int) -> Sums:
        """Sum the statistics by cluster."""
        sums = cluster_sums(self.statistics(answers), clusters, count)
        return Sums(self.score, answers.classes, sums)


def cluster_sums(statistics: Array, clusters: NDArray[np.int64], count: int) -> Array:
    """Sum per-example statistics [n, s] by cluster number: [count, s]."""
    sums = np.zeros((count, statistics.shape[1]))
    if len(clusters):
        order = np.argsort(clusters, kind="stable")
        present, first = np.unique(clusters[order], return_index=True)
        sums[present] = np.add.reduceat(statistics[order], first, axis=0)
    return sums


def confusion(answers: Answers) -> Array:
    """A flattened confusion matrix for each example, [n, classes * classes]; rows are the truth.

    Raises:
        ValueError: for values that are not class indices; they would count in other cells.
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
    """1, t, p, tt, pp, tp, |t - p| of each example, [n, 7]: the statistics of number metrics.

    t and p are relative to the median truth, which changes no metric and avoids rounding errors in
    squares of large numbers.
    """
    error = np.abs(answers.truth - answers.predicted)
    centre = np.median(answers.truth) if len(error) else 0.0
    truth, predicted = answers.truth - centre, answers.predicted - centre
    columns = [np.ones_like(truth), truth, predicted, truth**2, predicted**2, truth * predicted]
    return np.stack([*columns, error], axis=1)
