"""The power of a test set: that of a paired t-test, and what the platform's own test reaches."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from paralbench.metrics import metric
from paralbench.metrics.metric import Answers, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.statistics.bootstrap import Draws
from paralbench.statistics.paired import paired
from paralbench.statistics.power import Needed, needed, reached

UAR = metric("uar")
EACH = 20


def _tallies(
    rng: np.random.Generator, clusters: int, better: float, name: str = "uar", each: int = EACH
) -> tuple[list[Tally], list[Tally]]:
    """Two guessers that are right with a share that depends on the speaker; one is ``better``."""
    owner = np.repeat(np.arange(clusters), each)
    truth = rng.integers(0, 2, len(owner)).astype(float)
    ease = rng.uniform(0.5, 0.9, clusters)[owner]
    both = []
    for gain in (better, 0.0):
        sure = rng.normal(ease + gain - 0.5, 0.2)
        positive = np.clip(0.5 + np.where(truth == 1, sure, -sure), 0.001, 0.999)
        answers = Answers(truth, np.round(positive), 2, np.stack([1 - positive, positive], 1))
        both.append([metric(name).tally(answers, owner, clusters)])
    return both[0], both[1]


def _needed(
    ours: list[Tally],
    theirs: list[Tally],
    difference: float | None = None,
    name: str = "uar",
    each: int = EACH,
) -> Needed:
    clusters = ours[0].clusters
    draws = Draws.of(clusters, 1000)
    drawn = draws.mean(ours) - draws.mean(theirs)
    sizes = np.full(clusters, float(each))
    return needed(metric(name), ours, theirs, sizes, drawn, difference=difference)


@pytest.mark.parametrize(
    ("effect", "clusters"),
    [(0.15, 351), (0.2, 199), (0.35, 67), (0.5, 34), (0.8, 15), (1.0, 10)],
)
def test_sizes_are_those_of_the_paired_t_test(effect: float, clusters: int) -> None:
    """Two-sided paired t-test, level .05, power .8: the sizes of statsmodels' TTestPower."""
    assert reached(effect, clusters) >= 0.8 > reached(effect, clusters - 1)


@pytest.mark.parametrize("clusters", [6, 15, 40, 1000])
@pytest.mark.parametrize("shift", [0.5, 2.0, 3.0, 6.0])
def test_power_is_scipys_noncentral_t(clusters: int, shift: float) -> None:
    critical = stats.t.ppf(0.975, clusters - 1)
    expected = stats.nct.sf(critical, clusters - 1, shift)
    assert reached(shift / np.sqrt(clusters), clusters) == pytest.approx(expected, abs=1e-9)


def test_of_a_mean_over_clusters_it_is_the_paired_t_test() -> None:
    """With one truth and equal clusters UAR is a mean over them."""
    rng = np.random.default_rng(4)
    owner, truth = np.repeat(np.arange(40), EACH), np.zeros(40 * EACH)
    right = [rng.random(len(owner)) < rng.uniform(low, 0.9, 40)[owner] for low in (0.6, 0.4)]
    mine, yours = (
        [UAR.tally(Answers(truth, np.where(item, 0.0, 1.0), 2), owner, 40)] for item in right
    )
    each = (right[0] * 1.0 - right[1]).reshape(40, EACH).mean(1)
    size = _needed(mine, yours, difference=0.1)
    assert size.observed == pytest.approx(each.mean())
    assert size.deviation == pytest.approx(each.std(ddof=1), rel=1e-5)
    tried = np.arange(6, 99)
    critical, shift = stats.t.ppf(0.975, tried - 1), 0.1 / each.std(ddof=1) * np.sqrt(tried)
    enough = stats.nct.sf(critical, tried - 1, shift) >= 0.8
    assert size.needed.value == tried[enough][0] > 6


@pytest.mark.slow
@pytest.mark.parametrize("better", [0.05, 0.08])
def test_the_paired_test_rejects_in_four_of_five_sets_of_that_size(better: float) -> None:
    """The size from a large pilot, then 400 test sets of it: a binomial deviation of 2 %."""
    rng = np.random.default_rng(1)
    size = _needed(*_tallies(rng, 1500, better)).needed
    clusters = int(size.value or 0)
    assert 12 < clusters < 150
    draws, sizes = Draws.of(clusters, 20), np.full(clusters, float(EACH))
    rejected = [
        paired(UAR, *_tallies(rng, clusters, better), sizes, draws, 400).p <= 0.05
        for _ in range(400)
    ]
    assert np.mean(rejected) == pytest.approx(0.8, abs=0.06)


@pytest.mark.slow
def test_the_interval_of_the_size_holds_the_true_one() -> None:
    """200 pilots of 40 speakers: a binomial deviation of 1.5 % at 95 %."""
    rng = np.random.default_rng(2)
    true = _needed(*_tallies(rng, 4000, 0.1)).needed.value
    assert true is not None
    held = []
    for _ in range(200):
        size = _needed(*_tallies(rng, 40, 0.1)).needed
        held.append((size.low or np.inf) <= true <= (size.high or np.inf))
    assert 0.89 < np.mean(held) < 0.99


def test_a_difference_that_is_not_shown_has_no_bound_of_its_size() -> None:
    size = _needed(*_tallies(np.random.default_rng(3), 12, 0.0))
    assert size.needed.high is None


def test_the_detectable_difference_needs_the_clusters_that_were_seen() -> None:
    ours, theirs = _tallies(np.random.default_rng(5), 25, 0.1)
    reach = _needed(ours, theirs).detectable.value
    assert reach is not None
    again = _needed(ours, theirs, difference=-reach)
    assert again.needed.value == 25
    assert again.difference == -reach
    assert (again.needed.low or 99) < 25 < (again.needed.high or 0)


def test_no_size_is_below_what_exchanges_can_reject() -> None:
    """Five clusters have 32 exchanges, and no p below 2 / 32."""
    ours, theirs = _tallies(np.random.default_rng(6), 30, 0.0)
    assert _needed(ours, theirs, difference=0.9).needed.value == 6


def test_the_same_predictions_are_refused() -> None:
    ours, _ = _tallies(np.random.default_rng(7), 10, 0.0)
    with pytest.raises(ParalbenchError, match="without variance"):
        _needed(ours, ours)


def test_too_few_clusters_are_refused() -> None:
    with pytest.raises(ParalbenchError, match="three clusters"):
        _needed(*_tallies(np.random.default_rng(8), 2, 0.1))


def test_a_metric_of_one_threshold_is_refused() -> None:
    """Its derivative by a cluster's weight is zero between jumps."""
    name = "sensitivity-at-90-specificity"
    ours, theirs = _tallies(np.random.default_rng(9), 30, 0.1, name, 2)
    with pytest.raises(ParalbenchError, match="not smooth enough on 30 clusters"):
        _needed(ours, theirs, name=name, each=2)
