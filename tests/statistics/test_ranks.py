"""Ranks: intervals that cover, groups that hold together, chances that add up."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.metrics import metric
from paralbench.metrics.metric import Answers, Tally
from paralbench.statistics.bootstrap import Draws, scores
from paralbench.statistics.ranks import (
    Ranked,
    Replicates,
    best,
    borda,
    mean_normalised,
    ranked,
    replicates,
)

UAR = metric("uar")
EACH = 30


def _entries(
    rng: np.random.Generator, skills: list[float], clusters: int, seeds: int = 1
) -> list[list[Tally]]:
    """Models of given skill that find the same speakers hard."""
    owner = np.repeat(np.arange(clusters), EACH)
    truth = rng.integers(0, 2, len(owner)).astype(float)
    hard = rng.normal(0, 0.8, clusters)
    entries = []
    for skill in skills:
        ease = skill + hard + rng.normal(0, 0.3, clusters)
        tallies: list[Tally] = []
        for _ in range(seeds):
            right = rng.random(len(owner)) < 1 / (1 + np.exp(-ease[owner]))
            predicted = np.where(right, truth, 1 - truth)
            tallies.append(UAR.tally(Answers(truth, predicted, 2), owner, clusters))
        entries.append(tallies)
    return entries


def _ranked(entries: list[list[Tally]], draws: int = 500) -> Ranked:
    clusters = entries[0][0].clusters
    sizes = np.full(clusters, float(EACH))
    return ranked(replicates(entries, sizes, Draws.of(clusters, draws), True))


@pytest.mark.parametrize("clusters", [10, 30])
def test_rank_intervals_hold_the_true_ranks(clusters: int) -> None:
    skills = [2.0, 1.6, 1.5, 1.0, 0.2]
    rng, hits = np.random.default_rng(0), []
    for _ in range(150):
        result = _ranked(_entries(rng, skills, clusters), 400)
        hits.append((result.low <= np.arange(1, 6)) & (np.arange(1, 6) <= result.high))
    assert (np.mean(hits, axis=0) >= 0.93).all()


def test_equals_are_rarely_distinguished() -> None:
    rng, split = np.random.default_rng(1), []
    for _ in range(200):
        result = _ranked(_entries(rng, [1.0] * 5, 15), 400)
        split.append(result.groups.max() > 1)
    assert np.mean(split) <= 0.06


def test_who_is_far_apart_is_distinguished() -> None:
    result = _ranked(_entries(np.random.default_rng(2), [0.0, 3.0, 1.5], 40))
    assert result.groups.tolist() == [3, 1, 2]
    assert result.low.tolist() == result.high.tolist() == [3, 1, 2]
    assert result.best.tolist() == [0, 1, 0]


def test_what_is_the_same_is_tied_and_shares_being_best() -> None:
    (item,) = _entries(np.random.default_rng(3), [1.0], 12)
    result = _ranked([item, item])
    assert result.groups.tolist() == [1, 1]
    assert (result.low.tolist(), result.high.tolist()) == ([1, 1], [2, 2])
    assert result.best == pytest.approx([0.5, 0.5])


def test_one_entry_is_first() -> None:
    result = _ranked(_entries(np.random.default_rng(4), [1.0], 12))
    assert (result.low[0], result.high[0], result.groups[0], result.best[0]) == (1, 1, 1, 1)


def test_drawing_the_same_clusters_for_all_shows_more_apart() -> None:
    entries = _entries(np.random.default_rng(5), [1.0, 1.4], 30)
    sizes = np.full(30, float(EACH))
    joint = replicates(entries, sizes, Draws.of(30), True).drawn
    alone = [replicates([item], sizes, Draws.of(30, seed=n), True).drawn[:, 0]
             for n, item in enumerate(entries)]  # fmt: skip
    assert np.std(joint[:, 1] - joint[:, 0]) < 0.7 * np.std(alone[1] - alone[0])


def test_seeds_widen_replicates() -> None:
    few = _entries(np.random.default_rng(6), [1.0], 200)[0]
    other = _entries(np.random.default_rng(7), [1.6], 200)[0]
    sizes, draws = np.full(200, float(EACH)), Draws.of(200)
    plain = replicates([few], sizes, draws, True).drawn.std()
    varied = replicates([[*few, *other]], sizes, draws, True)
    separate = scores([*few, *other])
    expected = np.sqrt((plain**2) + separate.var(ddof=1) / 2)
    assert varied.drawn.std() == pytest.approx(expected, rel=0.15)


def test_less_may_be_better() -> None:
    entries = _entries(np.random.default_rng(8), [0.0, 3.0], 40)
    result = ranked(replicates(entries, np.full(40, float(EACH)), Draws.of(40, 300), False))
    assert result.groups.tolist() == [1, 2]


def _made(values: list[float], spread: float, seed: int) -> Replicates:
    rng = np.random.default_rng(seed)
    return Replicates(
        np.array(values), np.array(values) + rng.normal(0, spread, (800, len(values))), 30.0
    )


def test_borda_counts_who_is_beaten() -> None:
    sure = [_made([0.9, 0.5, 0.7], 1e-6, 0), _made([0.8, 0.6, 0.1], 1e-6, 1)]
    result = borda(sure)
    assert result.value == pytest.approx([1.0, 0.25, 0.25])
    assert (result.low == result.high).all()
    unsure = borda([_made([0.9, 0.5, 0.7], 0.2, 0)])
    assert (unsure.low <= unsure.value).all()
    assert (unsure.value <= unsure.high).all()
    assert (unsure.high - unsure.low > 0).all()


def test_the_mean_normalised_score_runs_from_chance_to_perfect() -> None:
    item, other = _made([0.5, 1.0], 0.01, 2), _made([0.0, 1.0], 0.02, 3)
    result = mean_normalised([(item, 0.5, 1.0), (other, 0.0, 1.0)])
    assert result.value == pytest.approx([0, 1])
    # Errors of 0.01 / 0.5 and of 0.02, averaged over two tasks.
    half = 2.042 * np.hypot(0.02, 0.02) / 2
    assert result.high - result.value == pytest.approx([half, half], rel=0.1)


def test_draws_that_tie_share() -> None:
    assert best(np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]])).tolist() == [0.25, 0.75, 0]


def test_entries_of_disjoint_intervals_are_in_no_tie_group_together() -> None:
    """Holm's procedure over all pairs is sometimes more cautious than an entry's own interval."""
    rng = np.random.default_rng(0)
    disjoint = 0
    for _ in range(60):
        scores = np.sort(rng.normal(0, 1.5, 12))[::-1].copy()
        entries = ranked(Replicates(scores, scores + rng.normal(0, 0.35, (400, 12)), 30.0))
        for group in set(entries.groups.tolist()):
            low, high = entries.low[entries.groups == group], entries.high[entries.groups == group]
            disjoint += int((low > high[0]).sum())
    assert disjoint == 0
