"""Two sets of predictions of the same examples compared, cluster by cluster.

Under the hypothesis that it does not matter which of the two made a cluster's predictions, they may
be exchanged; how often a difference as large as the one found comes out of such exchanges is the
p-value (the paired permutation test; Dror et al., 2018). Whole speakers are exchanged, in all seeds
at once, since their utterances stand or fall together. With few clusters all exchanges are tried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics.metric import Array, Metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Interval, Paired
from paralbench.statistics.bootstrap import METHOD, expanded_tail

TEST = "paired-permutation/clustered/1"
DRAWS = 5000
_ALL = 12
"""So many clusters and fewer: every exchange is tried."""


def paired(
    metric: Metric,
    ours: Array,
    theirs: Array,
    classes: int = 0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Paired:
    """The difference ``ours`` minus ``theirs`` of a metric's mean over seeds.

    Args:
        metric: the metric.
        ours: summed statistics [seeds, clusters, s].
        theirs: of the same clusters; the number of seeds may be another.
        classes: number of classes, 0 for numbers.
        draws: how many exchanges, where not all are tried, and how many bootstrap draws.
        seed: of the draws.

    Raises:
        ParalbenchError: where the metric is not defined on them.
    """
    clusters = ours.shape[1]
    if theirs.shape[1] != clusters:
        raise ParalbenchError(f"{clusters} clusters cannot be paired with {theirs.shape[1]}.")
    rng = np.random.default_rng(seed)
    found = _mean(metric, ours.sum(1), classes) - _mean(metric, theirs.sum(1), classes)
    if not np.isfinite(found):
        raise ParalbenchError(f"{metric.name} is not defined on the predictions to be compared.")
    exchanged = _exchanges(clusters, draws, rng)
    straight = 1 - exchanged
    of_ours = _scores(metric, ours, theirs, straight, exchanged, classes)
    of_theirs = _scores(metric, theirs, ours, straight, exchanged, classes)
    apart = of_ours - of_theirs
    apart = apart[np.isfinite(apart)]
    extreme = int((np.abs(apart) >= abs(found) - 1e-12).sum())
    exact = len(exchanged) == 2**clusters
    p = extreme / len(apart) if exact else (extreme + 1) / (len(apart) + 1)
    return Paired(
        metric=metric.name,
        version=metric.version,
        difference=float(found),
        interval=_interval(metric, ours, theirs, classes, draws, rng),
        p=float(p),
        test=TEST + ("/exact" if exact else ""),
        seeds=ours.shape[0],
        by_seed=_by_seed(metric, ours, theirs, classes),
    )


def _exchanges(clusters: int, draws: int, rng: np.random.Generator) -> Array:
    """Which clusters change sides in each exchange, [draws, clusters] of 0 and 1."""
    if clusters <= _ALL:
        return ((np.arange(2**clusters)[:, None] >> np.arange(clusters)) & 1).astype(float)
    return rng.integers(0, 2, (draws, clusters)).astype(float)


def _scores(
    metric: Metric, ours: Array, theirs: Array, straight: Array, exchanged: Array, classes: int
) -> Array:
    """The mean over seeds of what stays of ours and comes from theirs, [draws].

    A seed of one side is exchanged for the like seed of the other, or their mean where the
    numbers of seeds differ.
    """
    other = theirs if len(theirs) == len(ours) else np.broadcast_to(theirs.mean(0), ours.shape)
    each = [
        metric.score(straight @ mine + exchanged @ yours, classes)
        for mine, yours in zip(ours, other, strict=True)
    ]
    mean: Array = np.mean(each, axis=0)
    return mean


def _mean(metric: Metric, sums: Array, classes: int) -> float:
    return float(np.mean(metric.score(sums, classes)))


def _interval(
    metric: Metric, ours: Array, theirs: Array, classes: int, draws: int, rng: np.random.Generator
) -> Interval:
    """Bootstrap of the difference: the same clusters are drawn for both."""
    clusters = ours.shape[1]
    weights = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws).astype(float)
    apart = _drawn(metric, ours, weights, classes) - _drawn(metric, theirs, weights, classes)
    tail = expanded_tail(clusters, 0.95)
    low, high = np.quantile(apart[np.isfinite(apart)], [tail, 1 - tail])
    return Interval(low=float(low), high=float(high), level=0.95, method=METHOD, clusters=clusters)


def _drawn(metric: Metric, sums: Array, weights: Array, classes: int) -> Array:
    each: NDArray[np.float64] = np.mean(
        [metric.score(weights @ of_seed, classes) for of_seed in sums], axis=0
    )
    return each


def _by_seed(metric: Metric, ours: Array, theirs: Array, classes: int) -> list[float]:
    if len(ours) != len(theirs):
        return []
    apart = metric.score(ours.sum(1), classes) - metric.score(theirs.sum(1), classes)
    return [float(one) for one in np.atleast_1d(apart)]
