"""The clustered bootstrap: coverage by simulation, and Student's width for a normal mean."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from paralbench.metrics import metric
from paralbench.metrics.metric import Array, Metric
from paralbench.records.errors import ParalbenchError
from paralbench.statistics.bootstrap import cluster_sums, expanded_tail, interval, replicates

REPETITIONS, DRAWS, CLUSTERS = 400, 800, 10
MEAN = Metric(
    "mean", 1, "number", True,
    lambda truth, predicted, classes: np.stack([np.ones_like(truth), truth], 1),
    lambda sums, classes: sums[..., 1] / sums[..., 0],
)  # fmt: skip


def _study(rng: np.random.Generator, clusters: int) -> tuple[Array, Array, NDArray[np.int64]]:
    """Two classes; every speaker has a recall of its own in each, and as many utterances as it has."""
    of = np.repeat(np.arange(clusters), rng.integers(20, 120, clusters))
    truth = rng.integers(0, 2, len(of))
    ease = 1.0 + rng.normal(0, 1.2, (clusters, 2))
    right = rng.random(len(of)) < 1 / (1 + np.exp(-ease[of, truth]))
    return truth.astype(float), np.where(right, truth, 1 - truth).astype(float), of


@pytest.mark.parametrize("name", ["uar", "wa"])
def test_intervals_cover_the_truth_as_often_as_they_say(name: str) -> None:
    chosen, rng = metric(name), np.random.default_rng(0)
    true, predicted, _ = _study(rng, 20000)
    truth = chosen(true, predicted, 2)
    clustered = alone = 0
    for repetition in range(REPETITIONS):
        true, predicted, of = _study(rng, CLUSTERS)
        statistics = chosen.statistics(true, predicted, 2)
        found = interval(
            chosen, cluster_sums(statistics, of)[None], 2, draws=DRAWS, seed=repetition
        )
        clustered += found.low <= truth <= found.high
        if repetition < 100:
            naive = interval(chosen, statistics[None], 2, draws=200, seed=repetition)
            alone += naive.low <= truth <= naive.high
    assert 0.92 <= clustered / REPETITIONS <= 0.98
    assert alone / 100 < 0.65, "utterances drawn one by one must show that they know too much"


def test_few_clusters_get_students_width_for_a_normal_mean() -> None:
    """Hesterberg's aim: width of the percentile interval of a mean = width of Student's."""
    values = np.random.default_rng(1).normal(size=8)
    values = (values - values.mean()) / values.std(ddof=1)
    sums = np.stack([np.ones(8), values], 1)[None]
    spread = replicates(MEAN, sums, 0, 60000, 0).std()
    tail = expanded_tail(8, 0.95)
    width = stats.norm.isf(tail) * spread
    assert width == pytest.approx(stats.t.ppf(0.975, 7) / np.sqrt(8), rel=0.01)


@pytest.mark.parametrize(("clusters", "level"), [(3, 0.95), (10, 0.95), (10, 0.9), (2000, 0.95)])
def test_the_tail_is_that_of_students_quantile(clusters: int, level: float) -> None:
    tail = expanded_tail(clusters, level)
    quantile = stats.t.isf((1 - level) / 2, clusters - 1)
    assert stats.norm.isf(tail) * np.sqrt((clusters - 1) / clusters) == pytest.approx(quantile)
    assert tail < (1 - level) / 2
    if clusters == 2000:
        assert tail == pytest.approx((1 - level) / 2, rel=0.02)


def test_a_mean_of_normal_data_is_covered_with_five_clusters() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for repetition in range(400):
        sums = np.stack([np.ones(5), rng.normal(size=5)], 1)[None]
        found = interval(MEAN, sums, draws=400, seed=repetition)
        hits += found.low <= 0 <= found.high
    assert 0.88 <= hits / 400 <= 0.98


def test_the_same_input_gives_the_same_interval() -> None:
    sums = _sums(6)
    assert interval(metric("uar"), sums, 2) == interval(metric("uar"), sums, 2)
    assert interval(metric("uar"), sums, 2) != interval(metric("uar"), sums, 2, seed=1)


def test_seeds_widen_it() -> None:
    """Seeds that disagree are uncertainty too; drawing clusters alone would not see it."""
    rng = np.random.default_rng(4)
    values = rng.normal(0, 0.01, 30)
    agreeing = np.stack([np.stack([np.ones(30), values], 1)] * 5)
    shifts = np.array([-1, -0.5, 0, 0.5, 1.0])[:, None]
    differing = np.stack([np.ones((5, 30)), values + shifts], 2)
    one, other = interval(MEAN, agreeing), interval(MEAN, differing)
    # The mean of 5 seeds drawn anew has the deviation of the seeds over the root of 5.
    assert one.high - one.low < 0.02
    assert other.high - other.low == pytest.approx(2 * 1.96 * np.std(shifts) / 5**0.5, rel=0.15)


def test_fewer_than_two_clusters_are_refused() -> None:
    with pytest.raises(ParalbenchError, match="two clusters"):
        interval(metric("uar"), _sums(1), 2)


def test_a_score_that_no_draw_defines_is_refused() -> None:
    same = np.full(12, 2.0)
    sums = cluster_sums(metric("ccc").statistics(same, same, 0), np.arange(12) // 3)
    with pytest.raises(ParalbenchError, match="not defined in 2000 of 2000"):
        interval(metric("ccc"), sums[None])


def test_cluster_sums_add_rows_of_a_cluster() -> None:
    statistics = np.arange(8.0).reshape(4, 2)
    sums = cluster_sums(statistics, np.array([1, 0, 1, 3]))
    assert sums.tolist() == [[2, 3], [4, 6], [0, 0], [6, 7]]


def _sums(clusters: int) -> Array:
    true, predicted, of = _study(np.random.default_rng(5), clusters)
    return cluster_sums(metric("uar").statistics(true, predicted, 2), of)[None]
