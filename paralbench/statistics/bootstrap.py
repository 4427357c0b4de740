"""The clustered bootstrap: whole speakers are drawn again, not utterances.

Utterances of one speaker resemble each other. Drawing them one by one pretends to know more than was
measured. Here whole clusters are drawn with replacement (Field & Welsh, 2007), and the deviation of
the scores drawn is the standard error, which the variance over seeds is added to. The interval is
Student's on a scale without bounds (logit, Fisher's z, logarithm), carried back to the metric's own;
its degrees of freedom come from the effective number of clusters, which unequal sizes make smaller
(Kish, 1965). Percentiles, expanded or corrected for bias, covered less in every simulation with few
clusters: ``benchmarks/coverage.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from paralbench.metrics.metric import Additive, Array, Metric, Range, Sums, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval

METHOD = "clustered-bootstrap/t/2"
WILSON = "wilson/1"
BOUND = "wilson/clusters/1"
DRAWS = 2000
_CELLS = 4_000_000
"""So many weights at once as floating-point numbers; more only takes memory."""


@dataclass(frozen=True)
class Draws:
    """How often each cluster is counted in each of many draws: weights [draws, clusters].

    Made once for a set of test examples and used for all its metrics, entries and subgroups, so that
    their draws are the same and differences between them are paired.
    """

    weights: NDArray[np.uint16]

    @classmethod
    def of(cls, clusters: int, draws: int = DRAWS, seed: int = 0) -> Draws:
        """The bootstrap's: as many clusters as there are, drawn with replacement."""
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
        """How many there are to draw from."""
        return int(self.weights.shape[1])

    def scores(self, tally: Tally) -> Array:
        """The score of each draw, [draws]; NaN where it is not defined."""
        step = max(1, _CELLS // self.clusters)
        parts = range(0, len(self.weights), step)
        each = [tally.scores(self.weights[at : at + step].astype(float)) for at in parts]
        return np.concatenate(each)

    def mean(self, tallies: Sequence[Tally]) -> Array:
        """The mean over seeds of the scores, a tally a seed, [draws]."""
        mean: Array = np.mean([self.scores(tally) for tally in tallies], axis=0)
        return mean


@dataclass(frozen=True)
class Spread:
    """A standard error with its degrees of freedom."""

    error: float
    freedom: float

    def reach(self, level: float) -> float:
        """Half the width of Student's interval."""
        return self.half((1 - level) / 2)

    def half(self, tail: float) -> float:
        """The same, told by the share cut off on each side."""
        return float(stats.t.isf(tail, self.freedom)) * self.error


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
        tallies: its tally of each seed, all of the same clusters.
        sizes: examples of each cluster.
        draws: of these clusters.
        level: nominal coverage.

    Raises:
        ParalbenchError: with fewer than two clusters there is nothing to resample; where the metric
            is not defined in half the draws.
    """
    clusters = int((sizes > 0).sum())
    if clusters < 2:
        raise ParalbenchError(
            f"the interval of {metric.name} needs two clusters (speakers) or more to draw from, "
            f"the test examples have {clusters}."
        )
    by_seed = scores(tallies)
    value = float(by_seed.mean())
    trials = _trials(metric, tallies) if (sizes <= 1).all() else None
    if trials is not None:
        low, high = wilson(value, _deflated(trials, value, by_seed), level)
        method = WILSON
    elif metric.range == "unit" and value in (0.0, 1.0):
        low, high = wilson(value, clusters, level)
        method = BOUND
    else:
        found = spread(metric.name, draws.mean(tallies), sizes, by_seed)
        low, high = on_scale(metric.range, value, found, level)
        method = METHOD
    return Interval(low=low, high=high, level=level, method=method, clusters=clusters)


def scores(tallies: Sequence[Tally]) -> Array:
    """The score of each seed, nothing drawn, [seeds]."""
    return np.array([float(one.scores(np.ones((1, one.clusters)))[0]) for one in tallies])


def spread(name: str, drawn: Array, sizes: Array, *by_seed: Array) -> Spread:
    """The standard error of a score, from its bootstrap draws and from the seeds.

    Args:
        name: of the score, for messages.
        drawn: the score in each draw; NaN where it is not defined.
        sizes: examples of each cluster.
        by_seed: scores of independent seeds whose mean it is; several where it is a difference.

    Raises:
        ParalbenchError: where fewer than half of the draws are defined.
    """
    kept = drawn[np.isfinite(drawn)]
    if len(kept) < max(2, len(drawn) / 2):
        raise ParalbenchError(
            f"{name} is not defined in {len(drawn) - len(kept)} of {len(drawn)} bootstrap draws; "
            "the test examples are too few or too much alike for an interval."
        )
    clusters = int((sizes > 0).sum())
    # Draws with replacement from k clusters vary by (k - 1) / k of what fresh clusters would.
    parts = [(float(kept.var()) * clusters / (clusters - 1), max(effective(sizes) - 1, 1.0))]
    parts += [(float(one.var(ddof=1)) / len(one), len(one) - 1) for one in by_seed if len(one) > 1]
    variance = sum(part for part, _ in parts)
    # Welch and Satterthwaite; each part is told as its share, whose square does not underflow.
    shares = sum((part / variance) ** 2 / freedom for part, freedom in parts) if variance else 1.0
    return Spread(float(np.sqrt(variance)), 1 / shares)


def effective(sizes: Array) -> float:
    """How many clusters of equal size would tell as much (Kish's effective sample size)."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def on_scale(bounds: Range, value: float, found: Spread, level: float) -> tuple[float, float]:
    """Student's interval on a scale without bounds, carried back; plain where value is a bound."""
    reach = found.reach(level)
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
    """Wilson's (1927) interval of a share of so many independent trials."""
    z = float(stats.norm.ppf((1 + level) / 2)) ** 2
    centre = (share + z / (2 * trials)) / (1 + z / trials)
    half = np.sqrt(z * share * (1 - share) / trials + z**2 / (4 * trials**2)) / (1 + z / trials)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _trials(metric: Metric, tallies: Sequence[Tally]) -> float | None:
    """Of how many examples a plain share is the share; None for any other metric."""
    first = tallies[0]
    if not isinstance(metric, Additive) or metric.trials is None or not isinstance(first, Sums):
        return None
    return float(metric.trials(first.sums.sum(0), first.classes))


def _deflated(trials: float, share: float, by_seed: Array) -> float:
    """Fewer trials by as much as the variance over seeds takes away; all where there is none."""
    if len(by_seed) < 2 or not 0 < share < 1:
        return trials
    binomial = share * (1 - share)
    return binomial / (binomial / trials + float(by_seed.var(ddof=1)) / len(by_seed))
