"""Rank intervals, tie groups and mean scores of entries.

All entries of a task share the draws of clusters, so that difficult clusters cancel in differences.
An entry's rank interval counts the entries that are significantly better and worse by simultaneous
intervals of differences (Mogstad, Romano, Shaikh & Wilhelm, 2024); percentiles of bootstrapped ranks
undercover for entries of similar score (Xie, Singh & Zhang, 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from paralbench.metrics.metric import Array, Tally
from paralbench.statistics.bootstrap import Draws, effective, scores
from paralbench.statistics.corrections import holm

LEVEL = 0.95


@dataclass(frozen=True)
class Replicates:
    """Scores of entries [entries] and their replicates [draws, entries]; higher is better.

    Replicates vary as new speakers and new seeds would; ``freedom`` belongs to their deviation.
    """

    scores: Array
    drawn: Array
    freedom: float

    def of(self, places: NDArray[np.int64]) -> Replicates:
        """The entries at these places."""
        return Replicates(self.scores[places], self.drawn[:, places], self.freedom)


@dataclass(frozen=True)
class Ranked:
    """Rank intervals of the entries, in their order; rank 1 is best.

    ``groups`` numbers the tie groups: by Holm's procedure no entry of a group differs from its best,
    and its interval overlaps that of the best; ``best`` is the probability of being best of all.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    groups: NDArray[np.int64]
    best: Array


@dataclass(frozen=True)
class Estimate:
    """A number for each entry with a 95 % interval, [entries]."""

    value: Array
    low: Array
    high: Array


def replicates(
    entries: Sequence[Sequence[Tally]], sizes: Array, draws: Draws, higher_is_better: bool
) -> Replicates:
    """Replicates of the entries of one task.

    Args:
        entries: for each entry the ranking metric's tally for each seed, over the same clusters.
        sizes: number of examples in each cluster.
        draws: of these clusters.
        higher_is_better: of the metric.
    """
    sign = 1.0 if higher_is_better else -1.0
    clusters = int((sizes > 0).sum())
    centres, drawn = [], []
    for number, tallies in enumerate(entries):
        by_seed = scores(tallies)
        centre = float(by_seed.mean())
        # Draws from k clusters have (k - 1) / k of the variance of new clusters.
        of_clusters = (draws.mean(tallies) - centre) * np.sqrt(clusters / max(1, clusters - 1))
        of_seeds = _seeds(by_seed, len(of_clusters), number)
        centres.append(sign * centre)
        drawn.append(sign * (centre + of_clusters + of_seeds))
    defined = np.stack(drawn, axis=1)
    defined = defined[np.isfinite(defined).all(1)]
    return Replicates(np.array(centres), defined, max(effective(sizes) - 1, 1.0))


def joined(parts: Sequence[Replicates]) -> Replicates:
    """Join entries of different examples, whose draws are independent."""
    fewest = min(len(part.drawn) for part in parts)
    return Replicates(
        np.concatenate([part.scores for part in parts]),
        np.hstack([part.drawn[:fewest] for part in parts]),
        min(part.freedom for part in parts),
    )


def ranked(entries: Replicates, level: float = LEVEL) -> Ranked:
    """Rank intervals, tie groups and the probability of being best."""
    count = len(entries.scores)
    standard, error = _standard(entries)
    centred = entries.drawn - entries.drawn.mean(0)
    low, high = np.ones(count, np.int64), np.full(count, count)
    for place in range(count):
        sign = _significant(centred, entries.freedom, place, standard, error, level)
        low[place] = 1 + (sign > 0).sum()
        high[place] = count - (sign < 0).sum()
    groups = _groups(entries, standard, 1 - level, low, high)
    return Ranked(low, high, groups, best(entries.drawn))


def best(drawn: Array) -> Array:
    """How often each entry is the best of a draw, ties shared, [entries].

    >>> best(np.array([[0.9, 0.8], [0.7, 0.8], [0.5, 0.5], [0.9, 0.1]])).tolist()
    [0.625, 0.375]
    """
    first = drawn == drawn.max(1, keepdims=True)
    share: Array = (first / first.sum(1, keepdims=True)).mean(0)
    return share


def mean_normalised(tasks: Sequence[tuple[Replicates, float, float]]) -> Estimate:
    """The mean over tasks of scores rescaled from chance (0) to perfect (1).

    Args:
        tasks: replicates of the same entries, chance and the perfect score of each task, both signed
            as the replicates.
    """
    value = np.mean([(of.scores - low) / (top - low) for of, low, top in tasks], axis=0)
    fewest = min(len(of.drawn) for of, _, _ in tasks)
    drawn = np.mean([(of.drawn[:fewest] - low) / (top - low) for of, low, top in tasks], axis=0)
    freedom = min(of.freedom for of, _, _ in tasks)
    half = stats.t.ppf((1 + LEVEL) / 2, freedom) * drawn.std(0, ddof=1)
    return Estimate(value, value - half, value + half)


def borda(tasks: Sequence[Replicates]) -> Estimate:
    """The mean over tasks of the share of other entries beaten; ties count half.

    A percentile interval, widened to contain the value: noise moves ranks towards the middle.
    """
    value = np.mean([_beaten(of.scores[None])[0] for of in tasks], axis=0)
    low, high = np.quantile(_counted(tasks), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Estimate(value, np.minimum(low, value), np.maximum(high, value))


def borda_best(tasks: Sequence[Replicates]) -> Array:
    """How often each entry has the highest Borda count of a draw, ties shared, [entries]."""
    return best(_counted(tasks))


def _counted(tasks: Sequence[Replicates]) -> Array:
    """The Borda count in each draw, [draws, entries]."""
    fewest = min(len(of.drawn) for of in tasks)
    counted: Array = np.mean([_beaten(of.drawn[:fewest]) for of in tasks], axis=0)
    return counted


def _seeds(by_seed: Array, draws: int, number: int) -> Array:
    """The deviation of a mean over seeds when seeds are resampled, as wide as that of new seeds."""
    seeds = len(by_seed)
    if seeds < 2:
        return np.zeros(draws)
    picked = np.random.default_rng([7, number]).multinomial(seeds, np.full(seeds, 1 / seeds), draws)
    shift: Array = (picked @ by_seed / seeds - by_seed.mean()) * np.sqrt(seeds / (seeds - 1))
    return shift


def _standard(entries: Replicates) -> tuple[Array, Array]:
    """All differences of scores over their errors, and the errors: [entries, entries] each.

    A non-zero difference without noise is infinite.
    """
    covariance = np.atleast_2d(np.cov(entries.drawn, rowvar=False))
    variance = np.diag(covariance)
    error = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0.0))
    difference = entries.scores[:, None] - entries.scores
    difference[np.abs(difference) < 1e-12] = 0.0
    standard = np.divide(difference, error, out=np.zeros_like(difference), where=error > 1e-9)
    standard[(error <= 1e-9) & (difference > 0)] = np.inf
    standard[(error <= 1e-9) & (difference < 0)] = -np.inf
    return standard, error


def _significant(
    centred: Array, freedom: float, place: int, standard: Array, error: Array, level: float
) -> Array:
    """1 for entries significantly better than the one at ``place``, -1 for worse, else 0."""
    tail = (1 - level) / 2
    varied = error[place] > 1e-9
    if varied.sum() > 1:
        about = centred[:, varied]
        about -= centred[:, [place]]
        np.abs(about, out=about)
        about /= error[place][varied]
        tail = min(tail, float(stats.norm.sf(np.quantile(about.max(1), level))))
    better = -standard[place]
    sign: Array = np.sign(better) * (np.abs(better) > stats.t.isf(tail, freedom))
    return sign


def _groups(
    entries: Replicates,
    standard: Array,
    alpha: float,
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Tie groups: the first entry that differs from a group's leader, by test or interval, leads the next.

    Holm's procedure runs over all pairs, because the leaders depend on its outcome.
    """
    count = len(entries.scores)
    pairs = np.triu_indices(count, 1)
    differs = np.zeros((count, count), bool)
    differs[pairs] = holm(2 * stats.t.sf(np.abs(standard[pairs]), entries.freedom)) <= alpha
    differs |= differs.T
    order = np.argsort(-entries.scores, kind="stable")
    groups = np.zeros(count, np.int64)
    number, leader = 1, order[0]
    for entry in order:
        if differs[leader, entry] or low[entry] > high[leader]:
            number, leader = number + 1, entry
        groups[entry] = number
    return groups


def _beaten(drawn: Array) -> Array:
    """The share of other entries with a lower score, ties counting half, [draws, entries]."""
    places = stats.rankdata(drawn, axis=1)
    share: Array = (places - 1) / max(1, drawn.shape[1] - 1)
    return share
