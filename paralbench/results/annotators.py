"""What the raters themselves reach where the target is the distribution of their votes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics import metric as find_metric
from paralbench.metrics.distribution import DistributionMetric, VotedAnswers
from paralbench.metrics.metric import Additive, Array, Metric, Sums, cluster_sums
from paralbench.records.result import Annotators, RaterScore
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.statistics.bootstrap import Draws, interval, scores

_CROSS_ENTROPY = "cross-entropy"


def annotators(metrics: Metrics, predictions: Predictions) -> Annotators | None:
    """Each vote against the others of its example, and the entropy of all of them.

    None where the predictions have no votes, or no test example has two. Other divergences than the
    cross-entropy have no held-out counterpart: one vote is no distribution.
    """
    if predictions.votes is None:
        return None
    one_seed = predictions.seeds == predictions.seeds.min()
    votes, clusters = predictions.votes[one_seed].astype(float), predictions.clusters[one_seed]
    several = votes.sum(1) > 1
    if not several.any():
        return None
    every = _Raters(_themselves(votes), clusters, np.ones(len(votes)))
    held_out = _held_out(votes[several], clusters[several])
    reported = [find_metric(name) for name in metrics.report]
    return Annotators(
        examples=int(several.sum()),
        votes=float(votes.sum(1).mean()),
        floor=every.score(find_metric(_CROSS_ENTROPY), predictions.draws),
        held_out=[
            held_out.score(metric, predictions.draws)
            for metric in reported
            if metric.name == _CROSS_ENTROPY or not isinstance(metric, DistributionMetric)
        ],
    )


@dataclass(frozen=True)
class _Raters:
    """Weighted answers of raters, each of one cluster."""

    answers: VotedAnswers
    clusters: NDArray[np.int64]
    weights: Array

    def score(self, metric: Metric, draws: Draws) -> RaterScore:
        """Their score, with an interval over the clusters of the predictions."""
        assert isinstance(metric, Additive), f"{metric.name} cannot weight examples"
        statistics = metric.statistics(self.answers) * self.weights[:, None]
        sums = cluster_sums(statistics, self.clusters, draws.clusters)
        tally = Sums(metric.score, self.answers.classes, sums)
        sizes: Array = np.bincount(self.clusters, self.weights, draws.clusters).astype(float)
        return RaterScore(
            metric=metric.name,
            value=float(scores([tally])[0]),
            interval=interval(metric, [tally], sizes, draws),
        )


def _themselves(votes: Array) -> VotedAnswers:
    """The distributions as predictions of themselves."""
    most, shares = votes.argmax(1).astype(float), votes / votes.sum(1, keepdims=True)
    return VotedAnswers(most, most, votes.shape[1], shares, None, votes)


def _held_out(votes: Array, clusters: NDArray[np.int64]) -> _Raters:
    """One vote of each example held out, in turn; equal votes of an example are one weighted row.

    As a distribution the others predict the vote; as a class the vote predicts the others' class.
    """
    classes = votes.shape[1]
    example, choice = np.nonzero(votes)
    vote = np.eye(classes)[choice]
    others = votes[example] - vote
    predicted = (others + 1 / classes) / (others.sum(1, keepdims=True) + 1)
    answers = VotedAnswers(
        others.argmax(1).astype(float), choice.astype(float), classes, predicted, None, vote
    )
    weights = votes[example, choice] / votes[example].sum(1)
    return _Raters(answers, clusters[example], weights)
