"""Paired comparison of two sets of predictions of the same examples.

The paired permutation test (Dror et al., 2018): under the null hypothesis a cluster's predictions may
be exchanged between the two; the p-value is how often exchanges give a difference as large as the one
observed. Speakers are exchanged with all their utterances and seeds at once, since these are
correlated. With few clusters all exchanges are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paralbench.metrics.metric import Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.result import Paired
from paralbench.statistics.bootstrap import METHOD, Draws, scores, spread

TEST = "paired-permutation/clustered/2"
DRAWS = 5000
LEVEL, POWER = 0.95, 0.8
_ALL = 12
"""Up to this many clusters, all exchanges are tried."""


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
        ours: its tally for each seed.
        theirs: the same of the other predictions; the number of seeds may differ.
        sizes: number of examples in each cluster.
        draws: of these clusters, for the interval.
        exchanges: how many are tried with many clusters.
        seed: of the exchanges.

    Raises:
        ParalbenchError: if the metric is not defined on them.
    """
    clusters = ours[0].clusters
    if theirs[0].clusters != clusters:
        raise ParalbenchError(f"{clusters} clusters cannot be paired with {theirs[0].clusters}.")
    our_scores, their_scores = scores(ours), scores(theirs)
    by_seed = (our_scores - their_scores).tolist() if len(ours) == len(theirs) else []
    difference = float(our_scores.mean() - their_scores.mean())
    if not np.isfinite(difference):
        raise ParalbenchError(f"{metric.name} is not defined on the predictions to compare.")
    exchanged = _exchanges(clusters, exchanges, np.random.default_rng(seed))
    null = _exchanged(ours, theirs, exchanged)
    null = null[np.isfinite(null)]
    extreme = int((np.abs(null) >= abs(difference) - 1e-12).sum())
    exact = clusters <= _ALL
    p = extreme / len(null) if exact else (extreme + 1) / (len(null) + 1)
    drawn = draws.mean(ours) - draws.mean(theirs)
    over_seeds = (np.array(by_seed),) if by_seed else (our_scores, their_scores)
    error = spread(f"the difference of {metric.name}", drawn, sizes, *over_seeds)
    reach = error.reach(LEVEL)
    # A score is not a mean over clusters, so its deviation between clusters comes from the draws,
    # which vary by the square root of k less than one of k clusters.
    deviation = float(drawn[np.isfinite(drawn)].std()) * np.sqrt(clusters**2 / (clusters - 1))
    return Paired(
        metric=metric.name,
        version=metric.version,
        difference=difference,
        interval=Interval(
            low=difference - reach,
            high=difference + reach,
            level=LEVEL,
            method=METHOD,
            clusters=int((sizes > 0).sum()),
        ),
        p=float(p),
        test=TEST + ("/exact" if exact else ""),
        seeds=len(ours),
        by_seed=by_seed,
        effect=difference / deviation if deviation > 1e-12 else None,
        detectable=error.error
        * float(special.stdtrit(error.freedom, [(1 + LEVEL) / 2, POWER]).sum()),
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

    Equal seeds are exchanged for each other; if the numbers of seeds differ, all for all.
    """
    first = Draws(np.hstack([1 - exchanged, exchanged]))
    second = Draws(np.hstack([exchanged, 1 - exchanged]))
    matched = len(ours) == len(theirs)
    pairs = zip(ours, theirs, strict=True) if matched else product(ours, theirs)
    both = [left.beside(right) for left, right in pairs]
    return first.mean(both) - second.mean(both)
