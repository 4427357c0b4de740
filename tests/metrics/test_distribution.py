"""Divergences from raters' distributions: scipy's and scikit-learn's, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy
from sklearn.metrics import log_loss

from paralbench.metrics import metric
from paralbench.metrics.distribution import DistributionMetric, VotedAnswers

RANDOM = np.random.default_rng(0)
VOTES = RANDOM.multinomial(5, [0.5, 0.3, 0.2, 0.0], size=60)
SHARES = VOTES / 5
OUTPUTS = RANDOM.dirichlet(np.ones(4), size=60)


def _metric(name: str) -> DistributionMetric:
    known = metric(name)
    assert isinstance(known, DistributionMetric)
    return known


def test_cross_entropy_is_scikit_learns_log_loss_of_every_vote() -> None:
    expected = log_loss(
        np.tile(np.arange(4), 60), np.repeat(OUTPUTS, 4, axis=0), sample_weight=SHARES.ravel()
    )
    assert _metric("cross-entropy").of(VOTES, OUTPUTS) == pytest.approx(expected)


def test_the_least_cross_entropy_is_scipys_entropy() -> None:
    least = _metric("cross-entropy").of(VOTES, SHARES)
    assert least == pytest.approx(entropy(SHARES, axis=1).mean())


def test_kl_divergence_is_scipys() -> None:
    expected = entropy(SHARES, OUTPUTS, axis=1).mean()
    assert _metric("kl-divergence").of(VOTES, OUTPUTS) == pytest.approx(expected)
    assert _metric("kl-divergence").of(VOTES, SHARES) == pytest.approx(0, abs=1e-9)


def test_jensen_shannon_is_the_square_of_scipys_distance() -> None:
    expected = (jensenshannon(SHARES, OUTPUTS, base=2, axis=1) ** 2).mean()
    assert _metric("jensen-shannon").of(VOTES, OUTPUTS) == pytest.approx(expected)
    assert _metric("jensen-shannon").of([[1, 0]], [[0.0, 1.0]]) == pytest.approx(1, abs=1e-6)


def test_a_vote_that_none_foresaw_costs_a_finite_amount() -> None:
    assert _metric("cross-entropy").of([[1, 0]], [[0.0, 1.0]]) == pytest.approx(-np.log(1e-9))


@pytest.mark.parametrize("name", ["cross-entropy", "kl-divergence", "jensen-shannon"])
@pytest.mark.parametrize(
    ("votes", "outputs", "reason"),
    [
        ([[0, 0]], [[0.5, 0.5]], "one vote or more"),
        ([[2, -1]], [[0.5, 0.5]], "one vote or more"),
        ([[1, 1]], [[0.5, 0.3, 0.2]], "expected probabilities"),
        ([[1, 1]], [[np.nan, 0.5]], "NaN"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "expected votes"),
    ],
)
def test_what_is_no_distribution_is_refused(
    name: str, votes: np.typing.ArrayLike, outputs: np.typing.ArrayLike, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        _metric(name).of(votes, outputs)


def test_without_votes_there_is_no_score() -> None:
    with pytest.raises(ValueError, match="votes of raters, got none"):
        metric("cross-entropy")([0, 1], [0, 1], 2, [[0.5, 0.5], [0.5, 0.5]])


def test_votes_follow_the_examples_that_are_taken() -> None:
    answers = VotedAnswers(
        VOTES.argmax(1), OUTPUTS.argmax(1), 4, OUTPUTS, None, VOTES.astype(float)
    )
    rows = np.arange(60) % 3 == 0
    assert np.array_equal(answers.take(rows).votes, VOTES[rows])
    tally = metric("cross-entropy").tally(answers, np.arange(60), 60)
    alone = tally.scores(rows[None].astype(float))[0]
    assert alone == pytest.approx(_metric("cross-entropy").of(VOTES[rows], OUTPUTS[rows]))
