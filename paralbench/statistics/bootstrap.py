"""The clustered bootstrap: whole speakers are drawn again, not utterances, and seeds with them.

Utterances of one speaker resemble each other. Drawing them one by one pretends to know more than
was measured. Here whole clusters are drawn with replacement (Field & Welsh, 2007), independently a
seed for each draw, and the metric is computed anew on what was drawn. Percentiles of few clusters
are too narrow; they are widened as Hesterberg (2015, "expanded percentiles") proposes: the nominal
level is replaced so that, for a mean of normal data, the interval equals Student's. In simulations
with strong speaker effects and speakers of unequal size, 95 % intervals of UAR so made covered the
truth in 93 to 95 % of cases from ten speakers on, and in about 90 % with five.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from paralbench.metrics.metric import Array, Metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Interval

METHOD = "clustered-bootstrap/expanded-percentile/1"
DRAWS = 2000


def cluster_sums(statistics: Array, clusters: NDArray[np.int64]) -> Array:
    """Sum per-example statistics [n, s] by cluster number: [clusters, s]."""
    sums = np.zeros((int(clusters.max()) + 1, statistics.shape[1]))
    np.add.at(sums, clusters, statistics)
    return sums


def interval(
    metric: Metric,
    sums: Array,
    classes: int = 0,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """The interval of a metric's mean over seeds.

    Args:
        metric: the metric.
        sums: its summed statistics [seeds, clusters, s].
        classes: number of classes, 0 for numbers.
        level: nominal coverage.
        draws: how many bootstrap draws.
        seed: of the draws.

    Raises:
        ParalbenchError: with fewer than two clusters there is nothing to resample.
    """
    _, clusters, _ = sums.shape
    if clusters < 2:
        raise ParalbenchError(
            f"the interval of {metric.name} needs two clusters (speakers) or more to draw from, "
            f"the test examples have {clusters}."
        )
    drawn = replicates(metric, sums, classes, draws, seed)
    if len(drawn) < draws / 2:
        raise ParalbenchError(
            f"{metric.name} is not defined in {draws - len(drawn)} of {draws} bootstrap draws; "
            "the test examples are too few or too much alike for an interval."
        )
    tail = expanded_tail(clusters, level)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(low=float(low), high=float(high), level=level, method=METHOD, clusters=clusters)


def replicates(metric: Metric, sums: Array, classes: int, draws: int, seed: int) -> Array:
    """The metric's mean over seeds in each of ``draws`` draws of clusters and seeds, [draws].

    Draws in which the metric is not defined are left out.
    """
    seeds, clusters, _ = sums.shape
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws)
    scores = np.stack([metric.score(weights @ of_seed, classes) for of_seed in sums], axis=1)
    picked = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds
    kept = np.isfinite(scores).all(1)
    mean: Array = (scores[kept] * picked[kept]).sum(1)
    return mean


def expanded_tail(clusters: int, level: float) -> float:
    """The share cut off on each side, so that few clusters give Student's width."""
    t = stats.t.ppf((1 + level) / 2, clusters - 1) * np.sqrt(clusters / (clusters - 1))
    return float(stats.norm.sf(t))
