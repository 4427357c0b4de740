"""The paired test: exact where few, at its level under the null, and able to see a difference."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from paralbench.metrics import metric
from paralbench.metrics.metric import Answers, Array, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Paired
from paralbench.statistics.bootstrap import Draws
from paralbench.statistics.paired import paired

UAR, AUROC = metric("uar"), metric("auroc")
EACH = 20


def _guesser(truth: Array, right: np.ndarray, owner: np.ndarray) -> Tally:
    predicted = np.where(right, truth, 1 - truth)
    return UAR.tally(Answers(truth, predicted, 2), owner, int(owner.max()) + 1)


def _pair(
    rng: np.random.Generator, clusters: int, better: float
) -> tuple[list[Tally], list[Tally]]:
    """Two guessers that are right with a share that depends on the speaker; one is ``better``."""
    owner = np.repeat(np.arange(clusters), EACH)
    truth = rng.integers(0, 2, len(owner)).astype(float)
    ease = rng.uniform(0.5, 0.9, clusters)[owner]
    both = []
    for gain in (better, 0.0):
        right = rng.random(len(owner)) < np.minimum(ease + gain, 1)
        both.append([_guesser(truth, right, owner)])
    return both[0], both[1]


def _paired(ours: list[Tally], theirs: list[Tally], exchanges: int = 5000) -> Paired:
    clusters = ours[0].clusters
    draws = Draws.of(clusters, 500)
    return paired(UAR, ours, theirs, np.full(clusters, float(EACH)), draws, exchanges)


def test_few_clusters_are_exchanged_in_all_ways() -> None:
    ours, theirs = _pair(np.random.default_rng(1), 5, 0.1)
    result = _paired(ours, theirs)
    separate = []
    for sides in product((0.0, 1.0), repeat=5):
        side = np.array([sides])
        both = ours[0].beside(theirs[0])
        a = both.scores(np.hstack([1 - side, side]))
        b = both.scores(np.hstack([side, 1 - side]))
        separate.append(float(a[0] - b[0]))
    assert result.p == pytest.approx(np.mean(np.abs(separate) >= abs(separate[0]) - 1e-12))
    assert result.difference == pytest.approx(separate[0])
    assert result.test.endswith("exact")


@pytest.mark.parametrize(("clusters", "exchanges"), [(8, 0), (14, 200)])
def test_false_alarms_come_at_the_level(clusters: int, exchanges: int) -> None:
    """Never more often than said: 400 draws of a true 5 % exceed 8 % once in 500 times."""
    rng = np.random.default_rng(0)
    values = np.array([_paired(*_pair(rng, clusters, 0.0), exchanges).p for _ in range(400)])
    assert 0.025 < np.mean(values <= 0.05) < 0.08
    assert 0.07 < np.mean(values <= 0.1) < 0.14


def test_a_difference_is_seen_and_its_interval_holds_it() -> None:
    result = _paired(*_pair(np.random.default_rng(2), 30, 0.2))
    assert result.p < 0.01
    assert 0 < result.interval.low < result.difference < result.interval.high


def test_the_same_predictions_are_not_different() -> None:
    ours, _ = _pair(np.random.default_rng(3), 20, 0.0)
    result = _paired(ours, ours)
    assert (result.difference, result.p, result.effect) == (0.0, 1.0, None)


def test_the_effect_is_the_difference_over_its_deviation_between_clusters() -> None:
    """With one truth and equal clusters UAR is a mean over them, and this is Cohen's d for pairs."""
    rng = np.random.default_rng(4)
    owner, truth = np.repeat(np.arange(40), EACH), np.zeros(40 * EACH)
    right = [rng.random(len(owner)) < rng.uniform(low, 0.9, 40)[owner] for low in (0.6, 0.4)]
    mine, yours = ([_guesser(truth, item, owner)] for item in right)
    each = (right[0] * 1.0 - right[1]).reshape(40, EACH).mean(1)
    comparison = paired(UAR, mine, yours, np.full(40, float(EACH)), Draws.of(40, 20000))
    assert comparison.effect == pytest.approx(each.mean() / each.std(ddof=1), rel=0.03)


def test_what_it_calls_detectable_is_found_in_four_of_five_cases() -> None:
    rng, gain = np.random.default_rng(5), 0.1
    result = [_paired(*_pair(rng, 30, gain), 300) for _ in range(150)]
    needed = float(np.mean([item.detectable for item in result if item.detectable]))
    powered = np.mean([item.p <= 0.05 for item in result])
    standard = needed / (2.045 + 0.854)
    assert powered == pytest.approx(stats.norm.cdf(gain / standard - 2), abs=0.08)


def test_seeds_may_be_more_on_one_side() -> None:
    rng = np.random.default_rng(6)
    ours, theirs = _pair(rng, 9, 0.1)
    more = [*theirs, *theirs]
    result, same = _paired(ours, more), _paired(ours, theirs)
    assert result.difference == pytest.approx(same.difference)
    assert result.p == same.p
    assert result.by_seed == []


def test_curves_are_compared_too() -> None:
    rng = np.random.default_rng(7)
    owner, truth = np.repeat(np.arange(20), EACH), rng.integers(0, 2, 400).astype(float)

    def tally(strength: float) -> list[Tally]:
        positive = 1 / (1 + np.exp(-strength * (truth - 0.5) - rng.normal(size=400)))
        outputs = np.stack([1 - positive, positive], 1)
        return [AUROC.tally(Answers(truth, outputs.argmax(1) * 1.0, 2, outputs), owner, 20)]

    sizes, draws = np.full(20, 20.0), Draws.of(20, 500)
    good, poor, equal = tally(2.0), tally(0.5), tally(0.5)
    assert paired(AUROC, good, poor, sizes, draws, 500).p < 0.01
    assert paired(AUROC, poor, equal, sizes, draws, 500).p > 0.05


def test_other_clusters_cannot_be_paired() -> None:
    rng = np.random.default_rng(8)
    with pytest.raises(ParalbenchError, match="5 clusters cannot be paired with 6"):
        _paired(_pair(rng, 5, 0.1)[0], _pair(rng, 6, 0.1)[0])
