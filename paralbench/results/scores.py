"""Scores of predictions, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Paired, Score
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.statistics.bootstrap import interval
from paralbench.statistics.bootstrap import scores as by_seeds
from paralbench.statistics.paired import paired


def scores(metrics: Metrics, predictions: Predictions) -> list[Score]:
    """The scores of all metrics that a task's card reports."""
    groups = {
        f"{name}={value}": predictions.attributes[name] == value
        for name in metrics.by
        for value in np.unique(predictions.attributes[name])
    }
    return [
        _score(name, predictions, groups, over_folds=name in metrics.over_folds)
        for name in metrics.report
    ]


def confusion_matrix(predictions: Predictions) -> list[list[float]]:
    """Number of examples [truth, predicted], averaged over seeds; [] for numeric targets."""
    classes, seeds = len(predictions.classes), len(np.unique(predictions.seeds))
    if not classes:
        return []
    cells = predictions.truth.astype(int) * classes + predictions.predicted.astype(int)
    counts = np.bincount(cells, minlength=classes**2) / seeds
    matrix: list[list[float]] = counts.reshape(classes, classes).tolist()
    return matrix


def difference(name: str, ours: Predictions, theirs: Predictions) -> Paired:
    """The paired difference of ``ours`` and ``theirs`` in a metric."""
    metric = ours.metric(name)
    tallies = ours.tallies(metric), theirs.tallies(metric)
    return paired(metric, *tallies, ours.sizes(), ours.draws)


def _score(
    name: str,
    predictions: Predictions,
    groups: Mapping[str, NDArray[np.bool_]],
    *,
    over_folds: bool,
) -> Score:
    metric = predictions.metric(name)
    tallies = predictions.tallies(metric)
    by_seed = by_seeds(tallies)
    if not np.isfinite(by_seed).all():
        raise ParalbenchError(
            f"{name} is not defined: truth and predictions are all the same; that is no score."
        )

    def mean(rows: NDArray[np.bool_]) -> float | None:
        """The mean over seeds on some rows; None where the metric is undefined on them."""
        values = by_seeds(predictions.tallies(metric, rows))
        return float(values.mean()) if np.isfinite(values).all() else None

    folds = {str(fold): mean(predictions.folds == fold) for fold in np.unique(predictions.folds)}
    fold_mean = None
    if over_folds:
        if None in folds.values():
            raise ParalbenchError(
                f"{name} is not defined on every fold, so it has no mean over folds."
            )
        fold_mean = sum(value for value in folds.values() if value is not None) / len(folds)
    seeds = map(str, np.unique(predictions.seeds))
    return Score(
        metric=metric.name,
        version=metric.version,
        value=float(by_seed.mean()),
        interval=interval(metric, tallies, predictions.sizes(), predictions.draws),
        by_seed=dict(zip(seeds, by_seed.tolist(), strict=True)),
        by_fold={fold: value for fold, value in folds.items() if value is not None},
        fold_mean=fold_mean,
        by_group={group: mean(rows) for group, rows in groups.items()},
        # A class without a test example is not among those that guessing could hit.
        chance=metric.chance(len(np.unique(predictions.truth))) if metric.chance else None,
    )
