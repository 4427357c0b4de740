"""Two sets of predictions of the same examples compared, cluster by cluster.

Under the hypothesis that it does not matter which of the two made a cluster's predictions, they may
be exchanged; how often a difference as large as the one found comes out of such exchanges is the
p-value (the paired permutation test; Dror et al., 2018). Whole speakers are exchanged, in all seeds
at once, since their utterances stand or fall together. With few clusters all exchanges are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from paralbench.metrics.metric import Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.result import Paired
from paralbench.statistics.bootstrap import METHOD, Draws, scores, spread

TEST = "paired-permutation/clustered/2"
DRAWS = 5000
LEVEL, POWER = 0.95, 0.8
_ALL = 12
"""So many clusters and fewer: every exchange is tried."""


def paired(
    metric: Metric,
    ours: Sequence[Tally],
    theirs: Sequence[Tally],
    sizes: Array,
    draws: Draws,
    exchanges: int = DRAWS,
    seed: int = 0,
) -> Paired:
    """The difference ``ours`` minus ``theirs`` of a metric's mean over seeds.

    Args:
        metric: the metric.
        ours: its tally of each seed.
        theirs: of the same clusters; the number of seeds may be another.
        sizes: examples of each cluster.
        draws: of these clusters, for the interval.
        exchanges: how many are tried, where not all are.
        seed: of the exchanges.

    Raises:
        ParalbenchError: where the metric is not defined on them.
    """
    clusters = ours[0].clusters
    if theirs[0].clusters != clusters:
        raise ParalbenchError(f"{clusters} clusters cannot be paired with {theirs[0].clusters}.")
    by_seed = _by_seed(ours, theirs)
    found = float(scores(ours).mean() - scores(theirs).mean())
    if not np.isfinite(found):
        raise ParalbenchError(f"{metric.name} is not defined on the predictions to be compared.")
    exchanged = _exchanges(clusters, exchanges, np.random.default_rng(seed))
    apart = _exchanged(ours, theirs, exchanged)
    apart = apart[np.isfinite(apart)]
    extreme = int((np.abs(apart) >= abs(found) - 1e-12).sum())
    exact = clusters <= _ALL
    p = extreme / len(apart) if exact else (extreme + 1) / (len(apart) + 1)
    drawn = draws.mean(ours) - draws.mean(theirs)
    over_seeds = (np.array(by_seed),) if by_seed else (scores(ours), scores(theirs))
    known = spread(f"the difference of {metric.name}", drawn, sizes, *over_seeds)
    reach = known.reach(LEVEL)
    # A score is no mean over clusters, so its deviation between clusters is taken from the draws:
    # that of the mean of k clusters is the root of k times smaller than that of one.
    deviation = float(drawn[np.isfinite(drawn)].std()) * np.sqrt(clusters**2 / (clusters - 1))
    return Paired(
        metric=metric.name,
        version=metric.version,
        difference=found,
        interval=Interval(
            low=found - reach,
            high=found + reach,
            level=LEVEL,
            method=METHOD,
            clusters=int((sizes > 0).sum()),
        ),
        p=float(p),
        test=TEST + ("/exact" if exact else ""),
        seeds=len(ours),
        by_seed=by_seed,
        effect=found / deviation if deviation > 1e-12 else None,
        detectable=known.error
        * float(stats.t.ppf((1 + LEVEL) / 2, known.freedom) + stats.t.ppf(POWER, known.freedom)),
    )


def _exchanges(clusters: int, draws: int, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Which clusters change sides in each exchange, [draws, clusters] of 0 and 1."""
    if clusters <= _ALL:
        return ((np.arange(2**clusters)[:, None] >> np.arange(clusters)) & 1).astype(np.uint16)
    return rng.integers(0, 2, (draws, clusters), dtype=np.uint16)


def _exchanged(
    ours: Sequence[Tally], theirs: Sequence[Tally], exchanged: NDArray[np.uint16]
) -> Array:
    """The difference after each exchange, [draws].

    A seed of one side is exchanged for the like seed of the other; where the numbers of seeds
    differ, every seed for every other.
    """
    straight = Draws(np.hstack([1 - exchanged, exchanged]))
    turned = Draws(np.hstack([exchanged, 1 - exchanged]))
    alike = len(ours) == len(theirs)
    pairs = zip(ours, theirs, strict=True) if alike else product(ours, theirs)
    both = [mine.beside(yours) for mine, yours in pairs]
    return straight.mean(both) - turned.mean(both)


def _by_seed(ours: Sequence[Tally], theirs: Sequence[Tally]) -> list[float]:
    if len(ours) != len(theirs):
        return []
    return [float(one) for one in scores(ours) - scores(theirs)]
