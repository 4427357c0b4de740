"""Metrics that depend on the order of the outputs, exact for every weighting of the clusters.

Lowering a threshold over the outputs, ever more examples are taken for positive. How many of the
positive and of the negative examples, each counted as often as its cluster was drawn, is a sum run
along the order of the outputs; a metric is a function of these two curves. Sorting is done once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics.metric import Answers, Array, Metric

_CELLS = 2_000_000
"""So many weights of examples at once; more only takes memory."""


@dataclass(frozen=True)
class Ordered:
    """The tally of a metric of curves: examples from the highest output to the lowest.

    ``owner`` is the cluster of each; ``positive`` tells the positive ones; ``last`` is where each
    run of equal outputs ends, between which no threshold can fall.
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
        """Sort them."""
        order = np.argsort(-outputs, kind="stable")
        ordered = outputs[order]
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], len(ordered) > 0))
        return cls(score, clusters, ordered, owner[order], positive[order], last)

    def scores(self, weights: Array) -> Array:
        """See :class:`paralbench.metrics.metric.Tally`; NaN where a class is not there."""
        step = max(1, _CELLS // max(1, len(self.owner)))
        parts = [self._scores(weights[at : at + step]) for at in range(0, len(weights), step)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _scores(self, weights: Array) -> Array:
        each = weights[:, self.owner]
        every = np.cumsum(each, axis=1)[:, self.last]
        hits = np.cumsum(each * self.positive, axis=1)[:, self.last]
        alarms = every - hits
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

    ``score`` takes sensitivity and the share of false alarms [draws, thresholds + 1], both rising
    from 0 to 1, and gives scores [draws].
    """

    score: Callable[[Array, Array], Array]

    def tally(self, answers: Answers, clusters: NDArray[np.int64], count: int) -> Ordered:
        """Their probabilities of the positive class, in order."""
        positive = answers.truth == answers.classes - 1
        return Ordered.of(self.score, count, answers.probabilities()[:, -1], clusters, positive)
