"""Conformal prediction: sets and intervals that cover the truth for a set share of new speakers.

It assumes that speakers are exchangeable. Examples of different speakers are not, so each speaker's
scores share a weight of 1 and the new speaker has a weight of 1 at infinity (hierarchical conformal
prediction: Lee, Barber & Willett, 2023; Dunn, Wasserman & Ramdas, 2022). With one example a speaker
this is split conformal prediction (Vovk et al., 2005) with its finite-sample quantile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from paralbench.statistics.calibration import Array, folds, weights

LEAST = 10
"""Speakers that a class needs for its own quantile."""


def quantile(scores: Array, clusters: NDArray[np.int64], level: float) -> float:
    """The score that covers a new speaker with a probability of ``level`` or more.

    Infinite for fewer than level / (1 - level) speakers.

    >>> quantile(np.arange(20.0), np.arange(20), 0.9)
    18.0
    """
    speakers = len(np.unique(clusters))
    order = np.argsort(scores, kind="stable")
    share = weights(clusters)[order].cumsum() / (speakers + 1)
    # Rounding of the sums must not miss a level that they meet.
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
    """A quantile for each class of 1 less the probability of the true class.

    Each class, including rare ones, is then covered at ``level``. If a class has too few speakers,
    one quantile for all classes. ``probabilities`` is [n, classes].
    """
    scores = 1 - probabilities[np.arange(len(truth)), truth]
    classes = range(probabilities.shape[1])
    by_class = [quantile(scores[truth == c], clusters[truth == c], level) for c in classes]
    speakers = [len(np.unique(clusters[truth == c])) for c in classes]
    if min(speakers) >= LEAST and np.isfinite(by_class).all():
        return by_class
    return [quantile(scores, clusters, level)]


def held(probabilities: Array, quantiles: list[float] | Array) -> NDArray[np.bool_]:
    """Which classes are in the set, [n, classes]; an empty set becomes the likeliest class.

    ``quantiles`` are one for all classes, one for each, or those of each example [n, classes].
    """
    inside: NDArray[np.bool_] = 1 - probabilities <= np.array(quantiles) + 1e-12
    empty = ~inside.any(1)
    inside[empty, probabilities[empty].argmax(1)] = True
    return inside


def group_quantiles(
    scores: Sequence[Array], groups: NDArray[np.str_], clusters: NDArray[np.int64], level: float
) -> dict[str, list[float]]:
    """Quantiles of each group with enough speakers, so that each is covered at ``level`` (Mondrian).

    Args:
        scores: for each quantile, the scores of all examples, NaN of those that it is not of.
        groups: each example's group.
        clusters: each example's speaker.
        level: the share that is covered.
    """
    by_group = {}
    for name in np.unique(groups):
        quantiles = []
        for values in scores:
            rows = (groups == name) & ~np.isnan(values)
            enough = len(np.unique(clusters[rows])) >= LEAST
            quantiles.append(
                quantile(values[rows], clusters[rows], level) if enough else float("inf")
            )
        if np.isfinite(quantiles).all():
            by_group[str(name)] = quantiles
    return by_group


def class_scores(probabilities: Array, truth: NDArray[np.int64]) -> list[Array]:
    """For each class 1 less its probability, of the examples of that class; NaN of the others."""
    return [
        np.where(truth == c, 1 - probabilities[:, c], np.nan) for c in range(probabilities.shape[1])
    ]


def widest(quantiles: list[float], by_group: Mapping[str, list[float]]) -> list[float]:
    """The largest of each quantile over all and the groups, for people of no known group."""
    rows = [quantiles, *by_group.values()]
    length = max(map(len, rows))
    return [
        max(row[place] if len(row) == length else row[0] for row in rows) for place in range(length)
    ]


def of_rows(
    quantiles: list[float], by_group: Mapping[str, list[float]], groups: NDArray[np.str_]
) -> Array:
    """The quantiles that hold for each example, [n, quantiles]."""
    return np.array([by_group.get(str(name), quantiles) for name in groups], float)


def set_coverage(
    probabilities: Array, truth: NDArray[np.int64], clusters: NDArray[np.int64], level: float
) -> float:
    """How often sets cover the truth of speakers that their quantiles did not use."""
    inside = held_out_sets(probabilities, truth, clusters, level)[np.arange(len(truth)), truth]
    return float(np.average(inside, weights=weights(clusters)))


def held_out_sets(
    probabilities: Array,
    truth: NDArray[np.int64],
    clusters: NDArray[np.int64],
    level: float,
    groups: NDArray[np.str_] | None = None,
) -> NDArray[np.bool_]:
    """Sets of speakers that their quantiles did not use, [n, classes]; by group where given."""
    dealt, inside = folds(clusters, truth.astype(float)), np.empty(probabilities.shape, bool)
    for fold in np.unique(dealt):
        rest, out = dealt != fold, dealt == fold
        known = probabilities[rest], truth[rest]
        quantiles: list[float] | Array = set_quantiles(*known, clusters[rest], level)
        if groups is not None:
            by_group = group_quantiles(class_scores(*known), groups[rest], clusters[rest], level)
            quantiles = of_rows(widest(list(quantiles), by_group), by_group, groups[out])
        inside[out] = held(probabilities[out], quantiles)
    return inside


def interval_coverage(
    values: Array, truth: Array, clusters: NDArray[np.int64], level: float
) -> float:
    """How often intervals cover the truth of speakers that their quantiles did not use."""
    dealt, inside = folds(clusters, truth), np.empty(len(truth), bool)
    for fold in np.unique(dealt):
        rest, out = dealt != fold, dealt == fold
        half = interval_quantile(values[rest], truth[rest], clusters[rest], level)
        inside[out] = np.abs(values[out] - truth[out]) <= half
    return float(np.average(inside, weights=weights(clusters)))
