"""Metrics of a predicted distribution against that of the raters' votes.

The votes are an addition to :class:`Answers` in this module, so that other metrics do not depend on
it. A metric is the mean over examples of a divergence of two distributions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paralbench.metrics.metric import Additive, Answers, Array

LEAST = 1e-9
"""Smaller predicted probabilities count as this, so that a vote that none foresaw costs a finite 20.7 nats."""


@dataclass(frozen=True)
class VotedAnswers(Answers):
    """Answers with the raters' votes on each example, [n, classes]."""

    votes: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def take(self, rows: NDArray[Any]) -> VotedAnswers:
        """See :class:`Answers`."""
        plain = super().take(rows)
        return VotedAnswers(
            plain.truth, plain.predicted, plain.classes, plain.outputs, plain.recordings,
            self.votes[rows],
        )  # fmt: skip


@dataclass(frozen=True)
class DistributionMetric(Additive):
    """A metric of predicted probabilities [n, classes] and votes [n, classes]."""

    def of(self, votes: ArrayLike, outputs: ArrayLike) -> float:
        """The score of these probabilities.

        Raises:
            ValueError: for other shapes, an example without votes, or NaN.
        """
        counts, probabilities = np.asarray(votes, float), np.asarray(outputs, float)
        if counts.ndim != 2 or not len(counts):
            raise ValueError(f"{self.name}: expected votes [examples, classes], got {counts.shape}")
        if not (np.isfinite(counts).all() and np.isfinite(probabilities).all()):
            raise ValueError(f"{self.name}: NaN or infinity is an error, never a score")
        truth, predicted = counts.argmax(1).astype(float), probabilities.argmax(1).astype(float)
        answers = VotedAnswers(truth, predicted, counts.shape[1], probabilities, None, counts)
        tally = self.tally(answers, np.zeros(len(counts), np.int64), 1)
        return float(tally.scores(np.ones((1, 1)))[0])


def mean_divergence(divergence: Callable[[Array, Array], Array]) -> Callable[[Answers], Array]:
    """The statistics [n, 2] of a divergence [n] of the votes' shares from the probabilities."""

    def statistics(answers: Answers) -> Array:
        each = divergence(_shares(answers), np.maximum(answers.probabilities(), LEAST))
        return np.stack([np.ones_like(each), each], axis=1)

    return statistics


def mean(sums: Array, classes: int) -> Array:
    """The mean over examples, of summed statistics."""
    average: Array = sums[..., 1] / sums[..., 0]
    return average


def _shares(answers: Answers) -> Array:
    """The share of the votes on each class, [n, classes]."""
    if not isinstance(answers, VotedAnswers):
        raise ValueError("expected the votes of raters, got none")
    total = answers.votes.sum(1, keepdims=True)
    if (answers.votes < 0).any() or not (total > 0).all():
        raise ValueError("expected one vote or more on each example")
    shares: Array = answers.votes / total
    return shares
