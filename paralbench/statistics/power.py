"""How many clusters a test set needs to separate two sets of predictions.

The difference of a metric behaves as a mean of one value a cluster: its influence, the derivative of
the difference by the cluster's weight (the infinitesimal jackknife; Efron, 1982). The noncentral t
distribution of a paired t-test on these values gives the power of a test set of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
from scipy import optimize, special

from paralbench.metrics.metric import Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.statistics.bootstrap import effective, scores

LEVEL, POWER = 0.05, 0.8
METHOD = "influence/noncentral-t/1"
_RESAMPLES = 2000
_CONFIDENCE = 0.95
_STEP = 1e-3
"""Change of a cluster's weight for the derivative."""
_MOST = 1_000_000
_AGREEMENT = 1.5
"""Between the deviations by influence and by the bootstrap, where the metric is smooth."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval from resampled clusters; None is a value without a bound."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Needed:
    """The size of a test set that separates two sets of predictions.

    Args:
        difference: to be separated, in the metric.
        observed: difference of the predictions, ours minus theirs.
        deviation: of the difference between clusters.
        clusters: number of clusters seen.
        needed: number of clusters at which the test reaches the power.
        detectable: the smallest difference that the clusters seen separate with that power.
    """

    difference: float
    observed: float
    deviation: float
    clusters: int
    needed: Estimate
    detectable: Estimate


def needed(
    metric: Metric,
    ours: Sequence[Tally],
    theirs: Sequence[Tally],
    sizes: Array,
    drawn: Array,
    *,
    difference: float | None = None,
    level: float = LEVEL,
    power: float = POWER,
    seed: int = 0,
) -> Needed:
    """The number of clusters that the paired test needs; the seeds of the heads stay those seen.

    Args:
        metric: the metric.
        ours: its tally for each seed.
        theirs: the same of the other predictions.
        sizes: number of examples in each cluster.
        drawn: the difference in each bootstrap draw.
        difference: to be separated; the observed one by default.
        level: of the two-sided test.
        power: share of test sets in which it is to reject.
        seed: of the resampled clusters.

    Raises:
        ParalbenchError: for fewer than three clusters, or a metric that is not smooth in them.
    """
    clusters = int((sizes > 0).sum())
    if clusters < 3:
        raise ParalbenchError(
            f"the variance between clusters needs three clusters (speakers) or more, the test "
            f"examples have {clusters}."
        )
    observed = float(scores(ours).mean() - scores(theirs).mean())
    values = observed + (_influence(ours) - _influence(theirs))[sizes > 0]
    deviation = float(values.std(ddof=1))
    _check_smooth(metric, deviation, drawn, clusters)
    if deviation < 1e-12:
        raise ParalbenchError(
            f"the two predictions have the same difference of {metric.name} in every cluster; "
            "without variance there is no power to compute."
        )
    rng = np.random.default_rng(seed)
    resampled = values[rng.integers(0, clusters, (_RESAMPLES, clusters))]
    # A resample of k clusters has (k - 1) / k of the variance of k new ones.
    spreads = resampled.std(axis=1, ddof=1) * np.sqrt(clusters / (clusters - 1))
    target = observed if difference is None else difference
    sign = -1.0 if target < 0 else 1.0
    centres = sign * resampled.mean(1) if difference is None else np.full(_RESAMPLES, abs(target))
    effects = np.divide(centres, spreads, out=np.full(_RESAMPLES, np.inf), where=spreads > 0)
    share = effective(sizes) / clusters
    tails = [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2]
    weak, strong = np.quantile(effects, tails, method="inverted_cdf").tolist()
    narrow, wide = np.quantile(spreads, tails).tolist()
    reach = _separable(clusters, share, level, power)
    return Needed(
        difference=target,
        observed=observed,
        deviation=deviation,
        clusters=clusters,
        needed=Estimate(
            _clusters(abs(target) / deviation, share, level, power),
            _clusters(strong, share, level, power),
            _clusters(weak, share, level, power),
        ),
        detectable=Estimate(reach * deviation, reach * narrow, reach * wide),
    )


def reached(effect: float, clusters: float, level: float = LEVEL, share: float = 1.0) -> float:
    """The power of a two-sided paired t-test of ``clusters`` values at this effect, in its direction.

    ``share`` is Kish's effective number of clusters per cluster, which unequal sizes reduce.

    >>> round(reached(0.5, 34), 3)
    0.808
    """
    freedom = max(clusters * share - 1, 1.0)
    critical = float(special.stdtrit(freedom, 1 - level / 2))
    shift = effect * np.sqrt(clusters)
    if shift > 10 * critical:  # nctdtr underflows far out
        return 1.0
    return float(1 - special.nctdtr(freedom, shift, critical))


def _influence(tallies: Sequence[Tally]) -> Array:
    """The influence of each cluster on the mean score over seeds, [clusters]; their mean is 0."""
    clusters = tallies[0].clusters
    step = _STEP * np.eye(clusters)
    change = [tally.scores(1 + step) - tally.scores(1 - step) for tally in tallies]
    influence: Array = clusters * np.mean(change, axis=0) / (2 * _STEP)
    return influence


def _check_smooth(metric: Metric, deviation: float, drawn: Array, clusters: int) -> None:
    """Raise where the bootstrap sees another deviation, as for a score at one chosen threshold."""
    defined = drawn[np.isfinite(drawn)]
    expected = float(defined.std()) * clusters / np.sqrt(clusters - 1)
    if max(deviation, expected) > _AGREEMENT * min(deviation, expected) + 1e-12:
        raise ParalbenchError(
            f"{metric.name} is not smooth enough on {clusters} clusters to say what more would "
            f"change: its deviation between them is {deviation:.3g} by influence and {expected:.3g} "
            "by the bootstrap. Choose another metric with --metric."
        )


def _clusters(effect: float, share: float, level: float, power: float) -> int | None:
    """The least number of clusters that reaches the power; None above a million, or never."""
    # Exchanges of k clusters give no p below 2 / 2^k.
    least = ceil(log2(2 / level))
    if effect <= 0 or reached(effect, _MOST, level, share) < power:
        return None
    low, high = least - 1, least
    while reached(effect, high, level, share) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = reached(effect, middle, level, share) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def _separable(clusters: int, share: float, level: float, power: float) -> float:
    """The smallest effect at which this number of clusters reaches the power."""

    def excess(effect: float) -> float:
        return reached(effect, clusters, level, share) - power

    return float(optimize.brentq(excess, 0.0, 1000.0))
