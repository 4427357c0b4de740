"""What holds for every metric."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paralbench.metrics import metric, names
from paralbench.metrics.distribution import DistributionMetric, VotedAnswers
from paralbench.metrics.metric import Answers, Metric
from paralbench.records.errors import UsageError

EVERY = [metric(name) for name in names()]
CLASSES = 3


def _drawn(one: Metric, rows: int = 40, right: bool = False) -> Answers:
    """Answers as every metric wants them: a probability a class, four recordings of numbers."""
    rng = np.random.default_rng(3)
    if isinstance(one, DistributionMetric):
        votes = rng.multinomial(6, [1 / CLASSES] * CLASSES, rows).astype(float)
        outputs = votes / 6 if right else rng.dirichlet([1.0] * CLASSES, rows)
        truth, predicted = votes.argmax(1).astype(float), outputs.argmax(1).astype(float)
        return VotedAnswers(truth, predicted, CLASSES, outputs, votes=votes)
    if one.target == "class":
        truth = rng.integers(0, CLASSES, rows).astype(float)
        outputs = np.eye(CLASSES)[truth.astype(int)] if right else rng.dirichlet([1.0] * 3, rows)
        return Answers(truth, outputs.argmax(1).astype(float), CLASSES, outputs)
    truth = rng.normal(size=rows)
    predicted = truth if right else rng.normal(size=rows)
    return Answers(truth, predicted, recordings=np.arange(rows) // 10)


def _score(one: Metric, told: Answers) -> float:
    if isinstance(one, DistributionMetric):
        assert isinstance(told, VotedAnswers)
        assert told.outputs is not None
        return one.of(told.votes, told.outputs)
    return one(told.truth, told.predicted, told.classes, told.outputs, told.recordings)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_is_found_under_its_own_name(item: Metric) -> None:
    assert metric(item.name) is item
    assert item.version >= 1


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_a_tally_scores_every_weighting_as_if_its_examples_stood_there_so_often(
    item: Metric,
) -> None:
    """What the bootstrap relies on: counting a cluster twice is the same as having it twice."""
    output, clusters = _drawn(item), np.arange(40) // 10
    tally = item.tally(output, clusters, 5)
    for weights in ([1, 1, 1, 1, 0], [2, 0, 1, 3, 7], [0, 0, 0, 1, 1], [1, 0, 4, 0, 2]):
        rows = [np.flatnonzero(clusters == c) for c in range(5) for _ in range(weights[c])]
        repeated = output.take(np.concatenate(rows))
        if output.recordings is not None:
            numbers = np.repeat(np.arange(len(rows)), [len(part) for part in rows])
            repeated = replace(repeated, recordings=numbers[: len(repeated.truth)])
        result = tally.scores(np.array([weights], float))
        assert result[0] == pytest.approx(_score(item, repeated), abs=1e-12)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_tallies_stand_side_by_side(item: Metric) -> None:
    """What the permutation test relies on: clusters of either, chosen one by one."""
    ours, clusters = _drawn(item), np.arange(40) // 10
    other = ours.take(np.arange(40))
    if other.outputs is None:
        other = replace(other, predicted=other.predicted[::-1].copy())
    else:
        other = replace(other, outputs=other.outputs[::-1], predicted=other.predicted[::-1].copy())
    both = item.tally(ours, clusters, 4).beside(item.tally(other, clusters, 4))
    assert both.clusters == 8
    chosen = [(ours if cluster % 2 else other).take(clusters == cluster) for cluster in range(4)]
    joined = Answers(
        np.concatenate([part.truth for part in chosen]),
        np.concatenate([part.predicted for part in chosen]),
        ours.classes,
        np.concatenate([part.probabilities() for part in chosen]) if ours.classes else None,
        ours.recordings,
    )
    if isinstance(item, DistributionMetric):
        votes = [part.votes for part in chosen if isinstance(part, VotedAnswers)]
        joined = VotedAnswers(**vars(joined), votes=np.concatenate(votes))
    result = both.scores(np.array([[0, 1, 0, 1, 1, 0, 1, 0]], float))
    assert result[0] == pytest.approx(_score(item, joined), abs=1e-12)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_the_truth_itself_scores_best(item: Metric) -> None:
    best, other = _score(item, _drawn(item, right=True)), _score(item, _drawn(item))
    assert best > other if item.higher_is_better else best < other


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_a_score_is_in_its_range(item: Metric) -> None:
    low = {"unit": 0.0, "correlation": -1.0, "positive": 0.0}[item.range]
    high = {"unit": 1.0, "correlation": 1.0, "positive": np.inf}[item.range]
    assert low <= _score(item, _drawn(item)) <= high


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_errors(item: Metric, value: float) -> None:
    output = _drawn(item)
    if isinstance(item, DistributionMetric):
        assert output.outputs is not None
        output.outputs[3] = value
    output.predicted[3] = value
    with pytest.raises(ValueError, match="NaN or infinity"):
        _score(item, output)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_nothing_is_an_error(item: Metric) -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        item(np.array([]), np.array([]), CLASSES)


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.name)
def test_lengths_must_agree(item: Metric) -> None:
    truth, predicted = _drawn(item).truth, _drawn(item).predicted
    with pytest.raises(ValueError, match=r"truth is \(40,\), predicted \(39,\)"):
        item(truth, predicted[1:], CLASSES)
    with pytest.raises(ValueError, match="truth is"):
        item(truth[:, None], predicted[:, None], CLASSES)


def test_an_unknown_metric_is_reported_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no metric 'nope'; there are: auroc, .*macro-f1, .*uar"):
        metric("nope")
