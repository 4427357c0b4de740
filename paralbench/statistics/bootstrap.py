"""The clustered bootstrap: resamples speakers, not utterances.

Utterances of one speaker are correlated; resampling them independently gives intervals that are too
narrow. Clusters are drawn with replacement (Field & Welsh, 2007); the variance of the scores drawn,
plus the variance over seeds, gives the standard error. The interval is Student's on an unbounded
scale (logit, Fisher's z, logarithm), transformed back; its degrees of freedom follow the effective
number of clusters, which unequal sizes reduce (Kish, 1965). Percentile intervals, expanded or
bias-corrected, covered less in all simulations with few clusters: ``benchmarks/coverage.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paralbench.metrics.metric import Additive, Array, Metric, Range, Sums, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval

METHOD = "clustered-bootstrap/t/2"
WILSON = "wilson/1"
BOUND = "wilson/clusters/1"
DRAWS = 2000
_CELLS = 4_000_000
"""Weights held as floating-point numbers at once; more only takes memory."""


@dataclass(frozen=True)
class Draws:
    """How often each cluster counts in each draw: weights [draws, clusters].

    All metrics, entries and subgroups of a set of test examples share its draws, so that differences
    between them are paired.
    """

    weights: NDArray[np.uint16]

    @classmethod
    def of(cls, clusters: int, draws: int = DRAWS, seed: int = 0) -> Draws:
        """Draw as many clusters as there are, with replacement."""
        rng = np.random.default_rng(seed)
        weights = np.empty((draws, clusters), np.uint16)
        step = max(1, _CELLS // clusters)
        for at in range(0, draws, step):
            rows = min(step, draws - at)
            drawn = rng.integers(0, clusters, (rows, clusters))
            drawn += clusters * np.arange(rows)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=rows * clusters)
            weights[at : at + rows] = counts.reshape(rows, clusters)
        return cls(weights)

    @property
    def clusters(self) -> int:
        """Number of clusters to draw from."""
        return int(self.weights.shape[1])

    def scores(self, tally: Tally) -> Array:
        """The score of each draw, [draws]; NaN where it is not defined."""
        step = max(1, _CELLS // self.clusters)
        parts = range(0, len(self.weights), step)
        each = [tally.scores(self.weights[at : at + step].astype(float)) for at in parts]
        return np.concatenate(each)

    def mean(self, tallies: Sequence[Tally]) -> Array:
        """The mean score over seeds, from a tally for each seed, [draws]."""
        mean: Array = np.mean([self.scores(tally) for tally in tallies], axis=0)
        return mean


@dataclass(frozen=True)
class Spread:
    """A standard error with its degrees of freedom."""

    error: float
    freedom: float

    def reach(self, level: float) -> float:
        """Half the width of Student's interval at ``level``."""
        return self.half((1 - level) / 2)

    def half(self, tail: float) -> float:
        """Half the width of the interval that cuts off ``tail`` on each side."""
        return -float(special.stdtrit(self.freedom, tail)) * self.error


def interval(
    metric: Metric,
    tallies: Sequence[Tally],
    sizes: Array,
    draws: Draws,
    level: float = 0.95,
) -> Interval:
    """The interval of a metric's mean over seeds.

    Args:
        metric: the metric.
        tallies: its tally for each seed, over the same clusters.
        sizes: number of examples in each cluster.
        draws: of these clusters.
        level: nominal coverage.

    Raises:
        ParalbenchError: for fewer than two clusters, or a metric undefined in half the draws.
    """
    clusters = int((sizes > 0).sum())
    if clusters < 2:
        raise ParalbenchError(
            f"the interval of {metric.name} needs two clusters (speakers) or more, "
            f"the test examples have {clusters}."
        )
    by_seed = scores(tallies)
    value = float(by_seed.mean())
    trials = None
    if isinstance(metric, Additive) and metric.trials is not None and (sizes <= 1).all():
        tally = tallies[0]
        assert isinstance(tally, Sums)
        trials = float(metric.trials(tally.sums.sum(0), tally.classes))
    if trials is not None:
        if len(by_seed) > 1 and 0 < value < 1:  # variance over seeds counts as fewer trials
            binomial = value * (1 - value)
            trials = binomial / (binomial / trials + float(by_seed.var(ddof=1)) / len(by_seed))
        low, high = wilson(value, trials, level)
        method = WILSON
    elif metric.range == "unit" and value in (0.0, 1.0):
        low, high = wilson(value, clusters, level)
        method = BOUND
    else:
        error = spread(metric.name, draws.mean(tallies), sizes, by_seed)
        low, high = on_scale(metric.range, value, error, level)
        method = METHOD
    return Interval(low=low, high=high, level=level, method=method, clusters=clusters)


def scores(tallies: Sequence[Tally]) -> Array:
    """The score of each seed on all clusters, [seeds]."""
    return np.array([float(tally.scores(np.ones((1, tally.clusters)))[0]) for tally in tallies])


def spread(name: str, drawn: Array, sizes: Array, *by_seed: Array) -> Spread:
    """The standard error of a score, from its bootstrap draws and from the seeds.

    Args:
        name: of the score, for messages.
        drawn: the score in each draw; NaN where it is undefined.
        sizes: number of examples in each cluster.
        by_seed: scores of the independent seeds that it averages; two arrays for a difference.

    Raises:
        ParalbenchError: if fewer than half of the draws are defined.
    """
    defined = drawn[np.isfinite(drawn)]
    if len(defined) < max(2, len(drawn) / 2):
        raise ParalbenchError(
            f"{name} is not defined in {len(drawn) - len(defined)} of {len(drawn)} bootstrap draws; "
            "the test examples are too few or too much alike for an interval."
        )
    clusters = int((sizes > 0).sum())
    # Draws with replacement from k clusters have (k - 1) / k of the variance of new clusters.
    parts = [(float(defined.var()) * clusters / (clusters - 1), max(effective(sizes) - 1, 1.0))]
    parts += [
        (float(seeds.var(ddof=1)) / len(seeds), len(seeds) - 1)
        for seeds in by_seed
        if len(seeds) > 1
    ]
    variance = sum(part for part, _ in parts)
    # Welch and Satterthwaite, on each part's share, whose square does not underflow.
    shares = sum((part / variance) ** 2 / freedom for part, freedom in parts) if variance else 1.0
    return Spread(float(np.sqrt(variance)), 1 / shares)


def effective(sizes: Array) -> float:
    """Kish's effective sample size: the equivalent number of clusters of equal size."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def on_scale(bounds: Range, value: float, error: Spread, level: float) -> tuple[float, float]:
    """Student's interval on an unbounded scale, transformed back; plain if the value is a bound."""
    reach = error.reach(level)
    if bounds == "unit" and 0 < value < 1:
        centre, half = float(special.logit(value)), reach / (value * (1 - value))
        return float(special.expit(centre - half)), float(special.expit(centre + half))
    if bounds == "correlation" and abs(value) < 1:
        centre, half = float(np.arctanh(value)), reach / (1 - value**2)
        return float(np.tanh(centre - half)), float(np.tanh(centre + half))
    if bounds == "positive" and value > 0 and reach / value < 700:
        return float(value * np.exp(-reach / value)), float(value * np.exp(reach / value))
    return value - reach, value + reach


def wilson(share: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's (1927) interval of a share of independent trials.

    >>> [round(bound, 3) for bound in wilson(0.8, 50)]
    [0.67, 0.888]
    """
    z = float(special.ndtri((1 + level) / 2)) ** 2
    centre = (share + z / (2 * trials)) / (1 + z / trials)
    half = np.sqrt(z * share * (1 - share) / trials + z**2 / (4 * trials**2)) / (1 + z / trials)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
