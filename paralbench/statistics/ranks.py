"""Ranks with their uncertainty: which entries can be told apart, and what becomes of ranks.

All entries of a task are scored on the same draws of clusters, so that what is hard for all of them
cancels in their differences. An entry's rank interval counts who is surely better and who is surely
worse, from differences that hold all at once (Mogstad, Romano, Shaikh & Wilhelm, 2024); percentiles of
bootstrapped ranks do not cover where entries are near each other (Xie, Singh & Zhang, 2009).
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
    """Scores of entries [entries], their replicates [draws, entries], more being better.

    The replicates vary by what fresh speakers and fresh seeds would change; ``freedom`` is of their
    deviation.
    """

    scores: Array
    drawn: Array
    freedom: float

    def of(self, places: NDArray[np.int64]) -> Replicates:
        """Some of the entries, by their places."""
        return Replicates(self.scores[places], self.drawn[:, places], self.freedom)


@dataclass(frozen=True)
class Ranked:
    """What can be said of the entries' ranks, 1 being best, in the order of the entries.

    ``groups`` numbers the tie groups: nobody in a group can be told from its best by Holm's
    procedure; ``best`` is the probability of being best of all.
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
    """Those of several entries of one task.

    Args:
        entries: of each entry the ranking metric's tally of each seed, all of the same clusters.
        sizes: examples of each cluster.
        draws: of these clusters, the same for all.
        higher_is_better: whether the metric is.
    """
    sign = 1.0 if higher_is_better else -1.0
    clusters = int((sizes > 0).sum())
    found, drawn = [], []
    for number, tallies in enumerate(entries):
        by_seed = scores(tallies)
        centre = float(by_seed.mean())
        # Draws from k of them vary by (k - 1) / k of what fresh clusters would.
        of_clusters = (draws.mean(tallies) - centre) * np.sqrt(clusters / max(1, clusters - 1))
        of_seeds = _seeds(by_seed, len(of_clusters), number)
        found.append(sign * centre)
        drawn.append(sign * (centre + of_clusters + of_seeds))
    each = np.stack(drawn, axis=1)
    kept = each[np.isfinite(each).all(1)]
    return Replicates(np.array(found), kept, max(effective(sizes) - 1, 1.0))


def joined(parts: Sequence[Replicates]) -> Replicates:
    """Entries of different examples side by side, their draws independent of each other."""
    fewest = min(len(of.drawn) for of in parts)
    return Replicates(
        np.concatenate([of.scores for of in parts]),
        np.hstack([of.drawn[:fewest] for of in parts]),
        min(of.freedom for of in parts),
    )


def ranked(of: Replicates, level: float = LEVEL) -> Ranked:
    """Rank intervals, tie groups and the probability of being best."""
    count = len(of.scores)
    standard, error = _standard(of)
    centred = of.drawn - of.drawn.mean(0)
    low, high = np.ones(count, np.int64), np.full(count, count)
    for place in range(count):
        surely = _surely(centred, of.freedom, place, standard, error, level)
        low[place] = 1 + (surely > 0).sum()
        high[place] = count - (surely < 0).sum()
    return Ranked(low, high, _groups(of, standard, 1 - level), best(of.drawn))


def best(drawn: Array) -> Array:
    """How often each entry is the best of a draw, ties shared, [entries]."""
    first = drawn == drawn.max(1, keepdims=True)
    share: Array = (first / first.sum(1, keepdims=True)).mean(0)
    return share


def mean_normalised(tasks: Sequence[tuple[Replicates, float, float]]) -> Estimate:
    """The mean over tasks of scores told from chance (0) to perfect (1).

    Args:
        tasks: of each task the replicates of the same entries, chance and the perfect score, both
            signed as the replicates are.
    """
    value = np.mean([(of.scores - low) / (top - low) for of, low, top in tasks], axis=0)
    fewest = min(len(of.drawn) for of, _, _ in tasks)
    drawn = np.mean([(of.drawn[:fewest] - low) / (top - low) for of, low, top in tasks], axis=0)
    freedom = min(of.freedom for of, _, _ in tasks)
    half = stats.t.ppf((1 + LEVEL) / 2, freedom) * drawn.std(0, ddof=1)
    return Estimate(value, value - half, value + half)


def borda(tasks: Sequence[Replicates]) -> Estimate:
    """The mean over tasks of the share of other entries beaten, a tie counting half.

    Its interval is of percentiles, widened to hold the value itself: what is drawn lies nearer to
    the middle than what was found, as all noise on ranks does.
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
    """What drawing the seeds anew adds to a mean over them, as wide as fresh seeds would make it."""
    seeds = len(by_seed)
    if seeds < 2:
        return np.zeros(draws)
    picked = np.random.default_rng([7, number]).multinomial(seeds, np.full(seeds, 1 / seeds), draws)
    shift: Array = (picked @ by_seed / seeds - by_seed.mean()) * np.sqrt(seeds / (seeds - 1))
    return shift


def _standard(of: Replicates) -> tuple[Array, Array]:
    """Every score minus every other over its error, and the errors: [entries, entries] each.

    A difference without any noise is sure (infinite), unless there is none.
    """
    covariance = np.atleast_2d(np.cov(of.drawn, rowvar=False))
    own = np.diag(covariance)
    error = np.sqrt(np.maximum(own[:, None] + own - 2 * covariance, 0.0))
    found = of.scores[:, None] - of.scores
    found[np.abs(found) < 1e-12] = 0.0
    standard = np.divide(found, error, out=np.zeros_like(found), where=error > 1e-9)
    standard[(error <= 1e-9) & (found > 0)] = np.inf
    standard[(error <= 1e-9) & (found < 0)] = -np.inf
    return standard, error


def _surely(
    centred: Array, freedom: float, place: int, standard: Array, error: Array, level: float
) -> Array:
    """1 for who is surely better than this one, -1 for who is surely worse, 0 otherwise."""
    tail = (1 - level) / 2
    varied = error[place] > 1e-9
    if varied.sum() > 1:
        about = centred[:, varied]
        about -= centred[:, [place]]
        np.abs(about, out=about)
        about /= error[place][varied]
        tail = min(tail, float(stats.norm.sf(np.quantile(about.max(1), level))))
    better = -standard[place]
    surely: Array = np.sign(better) * (np.abs(better) > stats.t.isf(tail, freedom))
    return surely


def _groups(of: Replicates, standard: Array, alpha: float) -> NDArray[np.int64]:
    """The best leads a group; the first who can be told from its leader leads the next.

    Holm's procedure runs over all pairs: who leads is seen only afterwards.
    """
    count = len(of.scores)
    pairs = np.triu_indices(count, 1)
    told = np.zeros((count, count), bool)
    told[pairs] = holm(2 * stats.t.sf(np.abs(standard[pairs]), of.freedom)) <= alpha
    told |= told.T
    order = np.argsort(-of.scores, kind="stable")
    groups = np.zeros(count, np.int64)
    number, leader = 1, order[0]
    for entry in order:
        if told[leader, entry]:
            number, leader = number + 1, entry
        groups[entry] = number
    return groups


def _beaten(drawn: Array) -> Array:
    """[draws, entries]: of the others, the share whose score is lower, equal ones counting half."""
    places = stats.rankdata(drawn, axis=1)
    share: Array = (places - 1) / max(1, drawn.shape[1] - 1)
    return share
