"""The clustered bootstrap: coverage by simulation, and closed forms where there are any."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from benchmarks.coverage import CASES, covered
from paralbench.metrics import metric
from paralbench.metrics.metric import Additive, Answers, Array, Sums, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.statistics.bootstrap import Draws, effective, interval, spread, wilson

MEAN = Additive(
    "mean", 1, "number", True,
    lambda answers: np.stack([np.ones_like(answers.truth), answers.truth], 1),
    lambda sums, classes: sums[..., 1] / sums[..., 0],
    range="correlation",
)  # fmt: skip
UAR, WA = metric("uar"), metric("wa")


def _mean(values: Array) -> Tally:
    return Sums(MEAN.score, 0, np.stack([np.ones(len(values)), values], 1))


def _interval(*tallies: Tally, draws: int = 2000, seed: int = 0) -> Interval:
    clusters = tallies[0].clusters
    return interval(MEAN, tallies, np.full(clusters, 9.0), Draws.of(clusters, draws, seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["uar", "wa", "ccc", "auroc"])
@pytest.mark.parametrize("clusters", [5, 10])
def test_intervals_cover_the_truth_as_often_as_they_say(name: str, clusters: int) -> None:
    result = covered(CASES[name], clusters, repetitions=300, draws=400)
    assert (0.92 if clusters == 10 else 0.91) <= result.clustered <= 0.98
    assert result.alone < 0.75, "utterances drawn one by one must show that they know too much"


@pytest.mark.parametrize("clusters", [5, 10])
def test_they_cover_over_seeds_too(clusters: int) -> None:
    result = covered(CASES["uar, three seeds"], clusters, repetitions=300, draws=400)
    assert 0.92 <= result.clustered <= 0.99
    assert result.alone < 0.9


def test_wilsons_covers_where_every_speaker_has_one_example() -> None:
    case = CASES["wa, an example a speaker"]
    assert 0.92 <= covered(case, 46, repetitions=400, draws=10).clustered <= 0.98


def test_a_mean_of_normal_data_gets_students_interval() -> None:
    values = np.random.default_rng(1).normal(0, 0.01, size=8)
    result = _interval(_mean(values), draws=60000)
    half = stats.t.ppf(0.975, 7) * values.std(ddof=1) / np.sqrt(8)
    assert result.high - values.mean() == pytest.approx(half, rel=0.01)


def test_seeds_widen_it() -> None:
    """Seeds that disagree are uncertainty too; drawing clusters alone would not see it."""
    values = np.random.default_rng(4).normal(0, 1e-5, 30)
    shifts = 0.01 * np.array([-1, -0.5, 0, 0.5, 1.0])
    item = _interval(*[_mean(values)] * 5)
    other = _interval(*[_mean(values + shift) for shift in shifts])
    assert item.high - item.low < 1e-4
    half = stats.t.ppf(0.975, 4) * shifts.std(ddof=1) / 5**0.5
    assert other.high - other.low == pytest.approx(2 * half, rel=0.02)


def test_unequal_clusters_count_for_fewer() -> None:
    assert effective(np.full(7, 3.0)) == pytest.approx(7)
    assert effective(np.array([100.0, 1, 1, 1])) == pytest.approx(1.06, abs=0.01)
    drawn = np.random.default_rng(0).normal(size=500)
    assert spread("x", drawn, np.array([1.0, 1, 6])).reach(0.95) > 2 * spread(
        "x", drawn, np.ones(3)
    ).reach(0.95)


@pytest.mark.parametrize(("result", "of"), [(38, 46), (46, 46), (0, 12), (7, 10)])
def test_wilson_solves_its_equation(result: int, of: int) -> None:
    """Its bounds are the shares whose own standard error reaches just to what was found."""
    for bound in wilson(result / of, of):
        separate = abs(result / of - bound)
        expected = stats.norm.ppf(0.975) * np.sqrt(bound * (1 - bound) / of)
        assert separate == pytest.approx(expected, abs=1e-9)


def test_a_share_of_speakers_of_one_example_gets_wilsons() -> None:
    """38 of 46 right, as HAFFormer on ADReSS-M: 69 to 91 per cent."""
    truth = (np.arange(46) % 2).astype(float)
    predicted = np.where(np.arange(46) < 8, 1 - truth, truth)
    answers, each = Answers(truth, predicted, 2), np.arange(46)
    draws, sizes = Draws.of(46), np.ones(46)
    result = interval(WA, [WA.tally(answers, each, 46)], sizes, draws)
    assert (round(result.low, 2), round(result.high, 2)) == (0.69, 0.91)
    assert result.method == "wilson/1"
    item = metric("sensitivity")
    part = interval(item, [item.tally(answers, each, 46)], sizes, draws)
    assert (part.low, part.high) == wilson(19 / 23, 23)
    assert interval(UAR, [UAR.tally(answers, each, 46)], sizes, draws).method != "wilson/1"


def test_seeds_that_disagree_widen_wilsons_too() -> None:
    truth = (np.arange(40) % 2).astype(float)
    tallies = []
    for wrong in (4, 8, 12):
        predicted = np.where(np.arange(40) < wrong, 1 - truth, truth)
        tallies.append(WA.tally(Answers(truth, predicted, 2), np.arange(40), 40))
    result = interval(WA, tallies, np.ones(40), Draws.of(40))
    low, high = wilson(0.8, 40)
    assert result.low < low < high < result.high


def test_nothing_wrong_is_not_certainty() -> None:
    truth, owner = (np.arange(60) % 2).astype(float), np.arange(60) // 6
    tally = UAR.tally(Answers(truth, truth, 2), owner, 10)
    result = interval(UAR, [tally], np.full(10, 6.0), Draws.of(10))
    assert (result.low, result.high) == wilson(1.0, 10)
    assert result.method == "wilson/clusters/1"


def test_the_same_input_gives_the_same_interval() -> None:
    item = _mean(np.random.default_rng(0).normal(0, 0.1, 6))
    assert _interval(item) == _interval(item)
    assert _interval(item) != _interval(item, seed=1)


def test_fewer_than_two_clusters_are_refused() -> None:
    with pytest.raises(ParalbenchError, match="two clusters"):
        _interval(_mean(np.zeros(1)))


def test_a_score_that_no_draw_defines_is_refused() -> None:
    ccc, same = metric("ccc"), np.full(12, 2.0)
    tally = ccc.tally(Answers(same, same), np.arange(12) // 3, 4)
    with pytest.raises(ParalbenchError, match="not defined in 2000 of 2000"):
        interval(ccc, [tally], np.full(4, 3.0), Draws.of(4))


def test_draws_are_of_as_many_clusters_with_replacement() -> None:
    draws = Draws.of(30, 4000, seed=3).weights
    assert (draws.sum(1) == 30).all()
    of: NDArray[np.float64] = draws.astype(float)
    assert of.mean(0) == pytest.approx(np.ones(30), abs=0.08)
    assert of.var(0).mean() == pytest.approx(29 / 30, abs=0.02)
