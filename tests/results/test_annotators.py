"""The held-out rater against scikit-learn, vote by vote, and the floor against scipy's entropy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score

from paralbench.records.task_card import Metrics
from paralbench.results.annotators import annotators
from paralbench.results.predictions import Predictions

METRICS = Metrics(
    ranking="cross-entropy",
    report=["cross-entropy", "kl-divergence", "jensen-shannon", "uar", "macro-f1", "wa"],
)
RANDOM = np.random.default_rng(0)
EXAMPLES, CLASSES = 60, 4
VOTES = RANDOM.multinomial(1, [0.4, 0.3, 0.2, 0.1], (EXAMPLES, 6)).cumsum(1)[
    np.arange(EXAMPLES), RANDOM.integers(0, 6, EXAMPLES)
]
"""One to six votes on each example."""


def _predictions(votes: np.ndarray | None = VOTES, seeds: int = 2) -> Predictions:
    rows = np.tile(np.arange(EXAMPLES), seeds)
    outputs = RANDOM.dirichlet(np.ones(CLASSES), len(rows)).astype(np.float32)
    truth = VOTES.argmax(1)[rows].astype(float)
    return Predictions(
        rows=rows, clusters=rows % 12, folds=rows % 3, seeds=np.repeat(np.arange(seeds), EXAMPLES),
        truth=truth, predicted=outputs.argmax(1).astype(float), outputs=outputs,
        classes=tuple("abcd"), votes=None if votes is None else votes[rows],
    )  # fmt: skip


def test_every_vote_is_scored_against_the_others_of_its_example() -> None:
    votes, others, most, weights = [], [], [], []
    for counts in VOTES[VOTES.sum(1) > 1]:
        for vote in np.repeat(np.arange(CLASSES), counts):
            rest = counts - np.eye(CLASSES)[vote]
            votes.append(vote)
            others.append((rest + 1 / CLASSES) / (rest.sum() + 1))
            most.append(rest.argmax())
            weights.append(1 / counts.sum())
    result = annotators(METRICS, _predictions())
    assert result is not None
    scores = {score.metric: score.value for score in result.held_out}
    labels = list(range(CLASSES))
    assert scores == {
        "cross-entropy": pytest.approx(
            log_loss(votes, others, sample_weight=weights, labels=labels)
        ),
        "uar": pytest.approx(recall_score(most, votes, sample_weight=weights, average="macro")),
        "macro-f1": pytest.approx(f1_score(most, votes, sample_weight=weights, average="macro")),
        "wa": pytest.approx(accuracy_score(most, votes, sample_weight=weights)),
    }
    assert all(s.interval.low < s.value < s.interval.high for s in result.held_out)
    assert all(score.interval.clusters == 12 for score in result.held_out)


def test_the_floor_is_the_entropy_of_the_votes() -> None:
    result = annotators(METRICS, _predictions())
    assert result is not None
    shares = VOTES / VOTES.sum(1, keepdims=True)
    assert result.floor.value == pytest.approx(entropy(shares, axis=1).mean())
    assert result.votes == pytest.approx(VOTES.sum(1).mean())
    assert result.examples == (VOTES.sum(1) > 1).sum() < EXAMPLES


def test_raters_do_not_depend_on_what_was_predicted() -> None:
    assert annotators(METRICS, _predictions(seeds=1)) == annotators(METRICS, _predictions(seeds=3))


def test_there_are_none_without_votes_or_with_one_each() -> None:
    assert annotators(METRICS, _predictions(None)) is None
    alone = np.eye(CLASSES, dtype=int)[VOTES.argmax(1)]
    assert annotators(METRICS, replace(_predictions(), votes=np.tile(alone, (2, 1)))) is None
