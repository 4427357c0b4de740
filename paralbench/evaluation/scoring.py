"""From the fits' outputs to predictions, scores and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.folds import group_of
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps
from paralbench.heads.head import Fitted
from paralbench.metrics import metric
from paralbench.metrics.metric import Array, confusion
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Paired, Score
from paralbench.statistics.bootstrap import cluster_sums, interval
from paralbench.statistics.paired import paired


@dataclass(frozen=True)
class Predictions:
    """One row for each test example (each step, where the target is a series) and seed.

    ``rows`` and ``clusters`` number examples and clusters; ``outputs`` are probabilities
    [rows, classes] or values [rows, 1]; ``predicted`` is a class index or a number.
    """

    rows: NDArray[np.int64]
    clusters: NDArray[np.int64]
    folds: NDArray[np.int64]
    seeds: NDArray[np.int64]
    truth: Array
    predicted: Array
    outputs: NDArray[np.float32]
    steps: NDArray[np.int64] | None = None


def predictions(
    selection: Selection, fitted: Sequence[Fitted], steps: Steps | None = None
) -> Predictions:
    """Gather the outputs of all fits, ordered by seed, example and step.

    Raises:
        ParalbenchError: where an output is not finite.
    """
    rows = np.concatenate([fit.split.test for fit in fitted])
    folds = np.concatenate([np.full(len(fit.split.test), fit.split.fold) for fit in fitted])
    seeds = np.concatenate([np.full(len(fit.split.test), fit.split.seed) for fit in fitted])
    outputs = np.concatenate([fit.outputs for fit in fitted])
    if not np.isfinite(outputs).all():
        raise ParalbenchError("the head returned NaN or infinity; that is an error, never a score.")
    order = np.lexsort((rows, seeds))
    rows, folds, seeds, outputs = rows[order], folds[order], seeds[order], outputs[order]
    truth = selection.targets[rows] if steps is None else steps.truth[rows]
    step = None if steps is None else steps.step[rows]
    rows = rows if steps is None else steps.example[rows]
    cluster = selection.task.protocol.cluster
    names = np.array([group_of(example, cluster) for example in selection.examples])
    clusters = np.unique(names[rows], return_inverse=True)[1]
    predicted = (
        outputs.argmax(1).astype(float) if selection.classes else outputs[:, 0].astype(float)
    )
    return Predictions(rows, clusters, folds, seeds, truth, predicted, outputs, step)


def scores(selection: Selection, found: Predictions) -> list[Score]:
    """Every metric of the task's card."""
    groups = _groups(selection, found)
    classes = len(selection.classes)
    return [_score(name, classes, found, groups) for name in selection.task.metrics.report]


def confusion_matrix(classes: int, found: Predictions) -> list[list[float]]:
    """Rows are the truth; the mean over seeds of how many examples fell where."""
    seeds = len(np.unique(found.seeds))
    total = confusion(found.truth, found.predicted, classes).sum(0) / seeds
    matrix: list[list[float]] = total.reshape(classes, classes).tolist()
    return matrix


def beside(selection: Selection, found: Predictions, other: Predictions) -> tuple[Score, Paired]:
    """The ranking metric of ``other``, and how ``found`` differs from it, example by example."""
    name, classes = selection.task.metrics.ranking, len(selection.classes)
    chosen = metric(name)
    ours, theirs = (
        _sums(one, chosen.statistics(one.truth, one.predicted, classes)) for one in (found, other)
    )
    return _score(name, classes, other, {}), paired(chosen, ours, theirs, classes)


def _sums(found: Predictions, statistics: Array) -> Array:
    """Statistics summed by seed and cluster, [seeds, clusters, s]."""
    seeds = np.unique(found.seeds)
    sums = np.zeros((len(seeds), int(found.clusters.max()) + 1, statistics.shape[1]))
    for place, seed in enumerate(seeds):
        of_seed = found.seeds == seed
        part = cluster_sums(statistics[of_seed], found.clusters[of_seed])
        sums[place, : len(part)] = part
    return sums


def _groups(selection: Selection, found: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Which rows belong to each value of the attributes whose scores are wanted apart."""
    groups = {}
    for name in selection.task.metrics.by:
        values = np.array(
            [
                one.attributes.get(name, one.groups.get(name, "unknown"))
                for one in selection.examples
            ]
        )[found.rows]
        groups.update({f"{name}={value}": values == value for value in np.unique(values)})
    return groups


def _score(
    name: str, classes: int, found: Predictions, groups: Mapping[str, NDArray[np.bool_]]
) -> Score:
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
