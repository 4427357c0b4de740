"""What holds for every metric."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.metrics import metric, names
from paralbench.metrics.metric import Metric
from paralbench.records.errors import UsageError

EVERY = [metric(name) for name in names()]
CLASSES = 3


def _drawn(one: Metric, rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    if one.target == "class":
        return rng.integers(0, CLASSES, rows).astype(float), rng.integers(0, CLASSES, rows) * 1.0
    return rng.normal(size=rows), rng.normal(size=rows)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_is_found_under_its_own_name(one: Metric) -> None:
    assert metric(one.name) is one
    assert one.version >= 1


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_statistics_add_up(one: Metric) -> None:
    truth, predicted = _drawn(one)
    statistics = one.statistics(truth, predicted, CLASSES)
    assert statistics.shape[0] == len(truth)
    sums = statistics[:15].sum(0) + statistics[15:].sum(0)
    assert one.score(sums, CLASSES) == pytest.approx(one(truth, predicted, CLASSES))


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_scores_many_sums_at_once(one: Metric) -> None:
    truth, predicted = _drawn(one)
    statistics = one.statistics(truth, predicted, CLASSES)
    stacked = np.stack([statistics.sum(0), 2 * statistics.sum(0), statistics[:20].sum(0)])
    together = one.score(stacked.reshape(3, 1, -1), CLASSES)
    assert together.shape == (3, 1)
    assert together[:, 0] == pytest.approx([float(one.score(row, CLASSES)) for row in stacked])


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_the_truth_itself_scores_best(one: Metric) -> None:
    truth, predicted = _drawn(one)
    best, other = one(truth, truth, CLASSES), one(truth, predicted, CLASSES)
    assert best > other if one.higher_is_better else best < other


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_errors(one: Metric, value: float) -> None:
    truth, predicted = _drawn(one)
    predicted[3] = value
    with pytest.raises(ValueError, match="NaN or infinity"):
        one(truth, predicted, CLASSES)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_nothing_is_an_error(one: Metric) -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        one(np.array([]), np.array([]), CLASSES)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_lengths_must_agree(one: Metric) -> None:
    truth, predicted = _drawn(one)
    with pytest.raises(ValueError, match=r"truth is \(40,\), predicted \(39,\)"):
        one(truth, predicted[1:], CLASSES)
    with pytest.raises(ValueError, match="truth is"):
        one(truth[:, None], predicted[:, None], CLASSES)


def test_an_unknown_metric_is_told_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no metric 'nope'; there are: ccc, .*macro-f1, .*uar"):
        metric("nope")
