"""Metrics of the ROC curve, exact for all weightings of clusters.

Examples are sorted by output once. Weighted cumulative sums of positives and negatives give the curve
of a bootstrap draw, and a metric is a function of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics.metric import Answers, Array, Metric

_CELLS = 2_000_000
"""Weights of examples held at once; more only takes memory."""


@dataclass(frozen=True)
class Ordered:
    """The tally of a curve metric: examples from the highest output to the lowest.

    ``owner`` is each example's cluster, ``positive`` marks the positive ones; ``last`` is the end of
    each run of equal outputs, which no threshold can separate.
    """

    score: Callable[[Array, Array], Array]
    clusters: int
    outputs: Array
    owner: NDArray[np.int64]
    positive: NDArray[np.bool_]
    last: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        score: Callable[[Array, Array], Array],
        clusters: int,
        outputs: Array,
        owner: NDArray[np.int64],
        positive: NDArray[np.bool_],
    ) -> Ordered:
        """Sort examples."""
        order = np.argsort(-outputs, kind="stable")
        ordered = outputs[order]
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], len(ordered) > 0))
        return cls(score, clusters, ordered, owner[order], positive[order], last)

    def scores(self, weights: Array) -> Array:
        """See :class:`paralbench.metrics.metric.Tally`; NaN without examples of a class."""
        step = max(1, _CELLS // max(1, len(self.owner)))
        parts = [self._scores(weights[at : at + step]) for at in range(0, len(weights), step)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _scores(self, weights: Array) -> Array:
        each = weights[:, self.owner]
        taken = np.cumsum(each, axis=1)[:, self.last]
        hits = np.cumsum(each * self.positive, axis=1)[:, self.last]
        alarms = taken - hits
        none = np.zeros((len(weights), 1))
        if not len(self.last):
            return np.full(len(weights), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            sensitivity = np.hstack([none, hits]) / hits[:, -1:]
            false_alarms = np.hstack([none, alarms]) / alarms[:, -1:]
            return self.score(sensitivity, false_alarms)

    def beside(self, other: Ordered) -> Ordered:
        """See :class:`paralbench.metrics.metric.Tally`."""
        return Ordered.of(
            self.score,
            self.clusters + other.clusters,
            np.concatenate([self.outputs, other.outputs]),
            np.concatenate([self.owner, other.owner + self.clusters]),
            np.concatenate([self.positive, other.positive]),
        )


@dataclass(frozen=True)
class CurveMetric(Metric):
    """A metric of how well the probability of the last class, the positive one, orders examples.

    ``score`` maps sensitivity and false-alarm rate [draws, thresholds + 1], both rising from 0 to 1,
    to scores [draws].
    """

    score: Callable[[Array, Array], Array]

    def tally(self, answers: Answers, clusters: NDArray[np.int64], count: int) -> Ordered:
        """Sort the probabilities of the positive class."""
        positive = answers.truth == answers.classes - 1
        return Ordered.of(self.score, count, answers.probabilities()[:, -1], clusters, positive)
