"""From predictions to scores and intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics import metric
from paralbench.metrics.metric import Metric, confusion
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Paired, Score
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.statistics.bootstrap import interval
from paralbench.statistics.bootstrap import scores as by_seeds
from paralbench.statistics.draws import Draws
from paralbench.statistics.paired import paired


def scores(metrics: Metrics, found: Predictions) -> list[Score]:
    """Every metric that a task's card reports."""
    groups = _groups(metrics, found)
    draws = Draws.of(len(found.sizes()))
    return [_score(name, found, groups, draws) for name in metrics.report]


def confusion_matrix(found: Predictions) -> list[list[float]]:
    """Rows are the truth; the mean over seeds of how many examples fell where."""
    classes, seeds = len(found.classes), len(np.unique(found.seeds))
    total = confusion(found.answers()).sum(0) / seeds
    matrix: list[list[float]] = total.reshape(classes, classes).tolist()
    return matrix


def beside(name: str, found: Predictions, other: Predictions) -> tuple[Score, Paired]:
    """The metric of ``other``, and how ``found`` differs from it, example by example."""
    return _score(name, other, {}, Draws.of(len(other.sizes()))), differing(name, found, other)


def differing(name: str, found: Predictions, other: Predictions) -> Paired:
    """How ``found`` differs from ``other`` in a metric, both of the same examples."""
    chosen, sizes = fitting(name, found), found.sizes()
    ours, theirs = found.tallies(chosen), other.tallies(chosen)
    return paired(chosen, ours, theirs, sizes, Draws.of(len(sizes)))


def fitting(name: str, found: Predictions) -> Metric:
    """The metric called ``name``; raises ParalbenchError where it is for another kind of target."""
    chosen, expected = metric(name), "class" if found.classes else "number"
    if chosen.target != expected:
        raise ParalbenchError(
            f"the metric '{name}' is for a {chosen.target}, the target is a {expected}."
        )
    return chosen


def _groups(metrics: Metrics, found: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Which rows belong to each value of the attributes whose scores are wanted apart."""
    return {
        f"{name}={value}": found.attributes[name] == value
        for name in metrics.by
        for value in np.unique(found.attributes[name])
    }


def _score(
    name: str, found: Predictions, groups: Mapping[str, NDArray[np.bool_]], draws: Draws
) -> Score:
    chosen, seeds = fitting(name, found), np.unique(found.seeds)
    tallies = found.tallies(chosen)
    by_seed = by_seeds(tallies)
    if not np.isfinite(by_seed).all():
        raise ParalbenchError(
            f"{name} is not defined: truth and predictions are all the same; that is no score."
        )

    def apart(rows: NDArray[np.bool_]) -> float | None:
        """The mean over seeds on some rows; None where few rows leave a metric undefined."""
        each = by_seeds(found.tallies(chosen, rows))
        return float(each.mean()) if np.isfinite(each).all() else None

    by_fold = {str(fold): apart(found.folds == fold) for fold in np.unique(found.folds)}
    return Score(
        metric=chosen.name,
        version=chosen.version,
        value=float(by_seed.mean()),
        interval=interval(chosen, tallies, found.sizes(), draws),
        by_seed={str(seed): float(one) for seed, one in zip(seeds, by_seed, strict=True)},
        by_fold={fold: score for fold, score in by_fold.items() if score is not None},
        by_group={group: apart(rows) for group, rows in groups.items()},
        chance=chosen.chance(len(found.classes)) if chosen.chance else None,
    )
