"""From predictions to scores and intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.predictions import Predictions
from paralbench.metrics import metric
from paralbench.metrics.metric import Array, confusion
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Paired, Score
from paralbench.records.task_card import Metrics
from paralbench.statistics.bootstrap import cluster_sums, interval
from paralbench.statistics.paired import paired


def scores(metrics: Metrics, found: Predictions) -> list[Score]:
    """Every metric that a task's card reports."""
    groups = _groups(metrics, found)
    return [_score(name, found, groups) for name in metrics.report]


def confusion_matrix(found: Predictions) -> list[list[float]]:
    """Rows are the truth; the mean over seeds of how many examples fell where."""
    classes, seeds = len(found.classes), len(np.unique(found.seeds))
    total = confusion(found.truth, found.predicted, classes).sum(0) / seeds
    matrix: list[list[float]] = total.reshape(classes, classes).tolist()
    return matrix


def beside(name: str, found: Predictions, other: Predictions) -> tuple[Score, Paired]:
    """The metric of ``other``, and how ``found`` differs from it, example by example."""
    chosen, classes = metric(name), len(found.classes)
    ours, theirs = (
        _sums(one, chosen.statistics(one.truth, one.predicted, classes)) for one in (found, other)
    )
    return _score(name, other, {}), paired(chosen, ours, theirs, classes)


def _sums(found: Predictions, statistics: Array) -> Array:
    """Statistics summed by seed and cluster, [seeds, clusters, s]."""
    seeds = np.unique(found.seeds)
    sums = np.zeros((len(seeds), int(found.clusters.max()) + 1, statistics.shape[1]))
    for place, seed in enumerate(seeds):
        of_seed = found.seeds == seed
        part = cluster_sums(statistics[of_seed], found.clusters[of_seed])
        sums[place, : len(part)] = part
    return sums


def _groups(metrics: Metrics, found: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Which rows belong to each value of the attributes whose scores are wanted apart."""
    return {
        f"{name}={value}": found.attributes[name] == value
        for name in metrics.by
        for value in np.unique(found.attributes[name])
    }


def _score(name: str, found: Predictions, groups: Mapping[str, NDArray[np.bool_]]) -> Score:
    classes = len(found.classes)
    chosen = metric(name)
    expected = "class" if classes else "number"
    if chosen.target != expected:
        raise ParalbenchError(
            f"the metric '{name}' is for a {chosen.target}, the target is a {expected}."
        )
    statistics = chosen.statistics(found.truth, found.predicted, classes)
    seeds, folds = np.unique(found.seeds), np.unique(found.folds)
    sums = _sums(found, statistics)
    by_seed = {
        str(seed): float(chosen.score(sums[place].sum(0), classes))
        for place, seed in enumerate(seeds)
    }
    if not np.isfinite(list(by_seed.values())).all():
        raise ParalbenchError(
            f"{name} is not defined: truth and predictions are all the same; that is no score."
        )

    def apart(rows: NDArray[np.bool_]) -> float | None:
        """The mean over seeds on some rows; None where few rows leave a metric undefined."""
        each = [
            chosen.score(statistics[rows & (found.seeds == seed)].sum(0), classes) for seed in seeds
        ]
        return float(np.mean(each)) if np.isfinite(each).all() else None

    by_fold = {str(fold): apart(found.folds == fold) for fold in folds}
    return Score(
        metric=chosen.name,
        version=chosen.version,
        value=float(np.mean(list(by_seed.values()))),
        interval=interval(chosen, sums, classes),
        by_seed=by_seed,
        by_fold={fold: score for fold, score in by_fold.items() if score is not None},
        by_group={group: apart(rows) for group, rows in groups.items()},
        chance=chosen.chance(classes) if chosen.chance else None,
    )
