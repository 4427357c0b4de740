"""From out-of-fold predictions to calibration, thresholds, sets and scores.

Every prediction is of a head that had not heard the speaker. What is fitted on predictions here is
fitted on all speakers for the bundle, and for what is reported on the other speakers only, in folds
of whole speakers: no speaker's own data calibrated him, moved his threshold or widened his set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from paralbench.bundling import operating_point
from paralbench.bundling.operating_point import Wish
from paralbench.metrics import metric
from paralbench.metrics.metric import Array
from paralbench.records.bundle import Calibration, Conformal, Estimate, OperatingPoint, Performance
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import Metrics, NumberTarget, TaskCard
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.results.subgroups import subgroups
from paralbench.screener.decision import spread
from paralbench.statistics import calibration, conformal
from paralbench.statistics.bootstrap import interval
from paralbench.statistics.draws import Draws

_PROBABLE = ("auroc", "sensitivity", "specificity", "brier", "ece")
"""Reported of every screener for a class, whatever the task's card reports."""


@dataclass(frozen=True)
class Validated:
    """All that validation tells, as the bundle's card has it."""

    calibration: Calibration | None
    conformal: Conformal
    operating_point: OperatingPoint | None
    performance: Performance


def together(found: Predictions, members: int) -> Predictions:
    """What the mean of the first ``members`` seeds says of each example; one row an example.

    Raises:
        ParalbenchError: where an example was not predicted once by each seed.
    """
    seeds = np.unique(found.seeds)[:members]
    parts = []
    for seed in seeds:
        rows = np.flatnonzero(found.seeds == seed)
        parts.append(rows[np.argsort(found.rows[rows], kind="stable")])
    first = parts[0]
    same = all(np.array_equal(found.rows[part], found.rows[first]) for part in parts)
    if not same or len(np.unique(found.rows[first])) < len(first):
        raise ParalbenchError(
            "expected every example to be predicted once by each seed; these predictions are not so."
        )
    outputs = np.mean([found.outputs[part].astype(float) for part in parts], axis=0)
    if not found.classes:
        outputs = np.mean([found.predicted[part] for part in parts], axis=0)[:, None]
    return Predictions(
        rows=found.rows[first],
        clusters=found.clusters[first],
        folds=found.folds[first],
        seeds=np.zeros(len(first), np.int64),
        truth=found.truth[first],
        predicted=outputs.argmax(1).astype(float) if found.classes else outputs[:, 0],
        outputs=outputs.astype(np.float32),
        classes=found.classes,
        attributes={name: words[first] for name, words in found.attributes.items()},
    )


def validated(found: Predictions, task: TaskCard, level: float, wish: Wish) -> Validated:
    """Calibrate, choose and report; ``found`` has one row an example.

    Raises:
        ParalbenchError: with too few speakers for conformal prediction at the level.
    """
    speakers = len(np.unique(found.clusters))
    if speakers < conformal.LEAST:
        raise ParalbenchError(
            f"conformal prediction needs {conformal.LEAST} speakers or more, the predictions are of "
            f"{speakers}; a screener validated on so few would say more than is known."
        )
    if isinstance(task.target, NumberTarget):
        return _number(found, task.target, task.metrics, level)
    return _classes(found, task.metrics, level, wish)


def _number(found: Predictions, target: NumberTarget, metrics: Metrics, level: float) -> Validated:
    # As they will be told: no number that the outcome cannot be.
    clipped = np.clip(
        found.predicted,
        -np.inf if target.minimum is None else target.minimum,
        np.inf if target.maximum is None else target.maximum,
    )
    found = replace(found, predicted=clipped, outputs=clipped[:, None].astype(np.float32))
    values, truth, clusters = found.predicted, found.truth, found.clusters
    half = conformal.interval_quantile(values, truth, clusters, level)
    return Validated(
        None,
        _conformal("absolute-error", [half], found, level,
                   conformal.interval_coverage(values, truth, clusters, level)),
        None,
        Performance(scores=scores(metrics, found), subgroups=subgroups(metrics, found)),
    )  # fmt: skip


def _classes(found: Predictions, metrics: Metrics, level: float, wish: Wish) -> Validated:
    positive, clusters = len(found.classes) - 1, found.clusters
    raw = found.outputs[:, positive].astype(float)
    truth = (found.truth == positive).astype(float)
    _check_both(truth, clusters, found.classes[positive])
    counting = calibration.weights(clusters)
    chosen = calibration.chosen(raw, truth, clusters)
    told = calibration.held_out(raw, truth, clusters)
    # The outputs before calibration are the heads' own: these too are of unheard speakers.
    point = operating_point.chosen(told, truth, clusters, wish)
    called, silent = operating_point.held_out(told, truth, clusters, wish)
    probabilities = spread(found.outputs.astype(float), positive, told)
    labels = found.truth.astype(int)
    quantiles = conformal.set_quantiles(probabilities, labels, clusters, level)
    coverage = conformal.set_coverage(probabilities, labels, clusters, level)
    others = probabilities.copy()
    others[:, positive] = -1
    predicted = np.where(called, positive, others.argmax(1)).astype(float)
    reported = replace(found, outputs=probabilities.astype(np.float32), predicted=predicted)
    more = dict.fromkeys((*metrics.report, *_PROBABLE))
    metrics = metrics.model_copy(update={"report": list(more)})
    slope, intercept = calibration.line(told, truth, counting)
    method = "per-class" if len(quantiles) > 1 else "all-classes"
    return Validated(
        Calibration(
            method=chosen.method,
            parameters={name: list(values) for name, values in chosen.parameters.items()},
            fitted_on="Out-of-fold predictions: of every speaker by heads that had not heard him.",
            speakers=len(np.unique(clusters)),
            error="log loss in nats, every speaker counting once",
            error_before=calibration.log_loss(raw, truth, counting),
            error_after=calibration.log_loss(told, truth, counting),
        ),
        _conformal(method, quantiles, found, level, coverage),
        _operating_point(reported, positive, point, silent, wish),
        Performance(
            scores=scores(metrics, reported),
            slope=slope,
            intercept=intercept,
            subgroups=subgroups(metrics, reported),
        ),
    )


def _check_both(truth: Array, clusters: NDArray[np.int64], name: str) -> None:
    """Every fold that is fitted needs speakers of both kinds."""
    for there, kind in ((truth > 0, name), (truth <= 0, f"other than {name}")):
        if len(np.unique(clusters[there])) < 2:
            raise ParalbenchError(
                f"calibration needs two speakers or more of every kind; '{kind}' has fewer."
            )


def _conformal(
    method: str, quantiles: list[float], found: Predictions, level: float, coverage: float
) -> Conformal:
    speakers = len(np.unique(found.clusters))
    if not np.isfinite(quantiles).all():
        most = speakers / (speakers + 1)
        raise ParalbenchError(
            f"--level {level:g} needs {int(np.ceil(level / (1 - level)))} speakers or more, the "
            f"predictions are of {speakers}; they bear a level of {np.floor(most * 100) / 100:g}."
        )
    return Conformal(
        method=method, level=level, quantiles=quantiles, speakers=speakers, coverage=coverage
    )


def _operating_point(
    reported: Predictions,
    positive: int,
    point: operating_point.Point,
    silent: NDArray[np.bool_],
    wish: Wish,
) -> OperatingPoint:
    wanted = "as high a mean of sensitivity and specificity as there is"
    if wish.sensitivity is not None:
        wanted = f"a sensitivity of {wish.sensitivity:g}"
    elif wish.specificity is not None:
        wanted = f"a specificity of {wish.specificity:g}"
    right = reported.predicted == reported.truth
    counting = calibration.weights(reported.clusters)
    chosen = f"Chosen on out-of-fold predictions for {wanted}, the figures on other speakers than chosen on"
    if point.abstain is None:
        chosen += "; no band of abstention was asked for, needed or reached what was asked."
    else:
        share = float(np.average(silent, weights=counting))
        before = float(np.average(right, weights=counting))
        kept = float(np.average(right[~silent], weights=counting[~silent]))
        chosen += (
            f"; outside the band of abstention {kept:.3f} are right, {before:.3f} without it, and "
            f"{share:.3f} lie in it. Sensitivity and specificity are of all, those in it too."
        )
    return OperatingPoint(
        threshold=point.threshold,
        sensitivity=_estimate("sensitivity", reported),
        specificity=_estimate("specificity", reported),
        abstain=point.abstain,
        chosen=chosen,
    )


def _estimate(name: str, reported: Predictions) -> Estimate:
    chosen = metric(name)
    tallies, sizes = reported.tallies(chosen), reported.sizes()
    value = float(tallies[0].scores(np.ones((1, tallies[0].clusters)))[0])
    return Estimate(value=value, interval=interval(chosen, tallies, sizes, Draws.of(len(sizes))))
