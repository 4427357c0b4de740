"""Conformal prediction: sets and intervals that hold the truth for a wanted share of new speakers.

What is assumed is that speakers are exchangeable: the next one is drawn as those here were. Examples
of one speaker are not exchangeable with those of another, so each speaker's scores share one vote
between them, and the new speaker has a vote at infinity (hierarchical conformal prediction: Lee,
Barber & Willett, 2023; Dunn, Wasserman & Ramdas, 2022). With one example a speaker this is ordinary
split conformal prediction (Vovk et al., 2005) with its finite-sample quantile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paralbench.statistics.calibration import Array, folds, weights

LEAST = 10
"""Speakers below which no quantile is worth its name."""


def quantile(scores: Array, clusters: NDArray[np.int64], level: float) -> float:
    """The score that a new speaker's stays below with a chance of ``level`` or more.

    Infinite where there are too few speakers for such a level: fewer than level / (1 - level).
    """
    speakers = len(np.unique(clusters))
    order = np.argsort(scores, kind="stable")
    share = weights(clusters)[order].cumsum() / (speakers + 1)
    # Sums of shares miss a level that they meet by their rounding alone.
    place = int(np.searchsorted(share, level - 1e-12))
    return float(scores[order][place]) if place < len(order) else float("inf")


def interval_quantile(
    values: Array, truth: Array, clusters: NDArray[np.int64], level: float
) -> float:
    """Half the width of intervals around predicted numbers: the quantile of absolute errors."""
    return quantile(np.abs(values - truth), clusters, level)


def set_quantiles(
    probabilities: Array, truth: NDArray[np.int64], clusters: NDArray[np.int64], level: float
) -> list[float]:
    """One quantile a class, of 1 less the true class's probability among its examples.

    Each class is then covered at the level, the rare one too. One quantile for all of them where a
    class has too few speakers for one of its own. ``probabilities`` is [n, classes].
    """
    scores = 1 - probabilities[np.arange(len(truth)), truth]
    classes = range(probabilities.shape[1])
    own = [quantile(scores[truth == c], clusters[truth == c], level) for c in classes]
    speakers = [len(np.unique(clusters[truth == c])) for c in classes]
    if min(speakers) >= LEAST and np.isfinite(own).all():
        return own
    return [quantile(scores, clusters, level)]


def held(probabilities: Array, quantiles: list[float]) -> NDArray[np.bool_]:
    """Which classes are in the set, [n, classes]; an empty set becomes the likeliest class alone."""
    inside: NDArray[np.bool_] = 1 - probabilities <= np.array(quantiles) + 1e-12
    empty = ~inside.any(1)
    inside[empty, probabilities[empty].argmax(1)] = True
    return inside


def set_coverage(
    probabilities: Array, truth: NDArray[np.int64], clusters: NDArray[np.int64], level: float
) -> float:
    """How often sets hold the truth of speakers that their quantiles were not taken from."""
    dealt, inside = folds(clusters, truth.astype(float)), np.empty(len(truth), bool)
    for fold in np.unique(dealt):
        rest, out = dealt != fold, dealt == fold
        found = set_quantiles(probabilities[rest], truth[rest], clusters[rest], level)
        inside[out] = held(probabilities[out], found)[np.arange(out.sum()), truth[out]]
    return float(np.average(inside, weights=weights(clusters)))


def interval_coverage(
    values: Array, truth: Array, clusters: NDArray[np.int64], level: float
) -> float:
    """The same of intervals."""
    dealt, inside = folds(clusters, truth), np.empty(len(truth), bool)
    for fold in np.unique(dealt):
        rest, out = dealt != fold, dealt == fold
        half = interval_quantile(values[rest], truth[rest], clusters[rest], level)
        inside[out] = np.abs(values[out] - truth[out]) <= half
    return float(np.average(inside, weights=weights(clusters)))
