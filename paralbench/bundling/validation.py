"""From out-of-fold predictions to calibration, operating point, conformal sets and scores.

Every prediction is of heads that were not trained on its speaker. What is fitted to predictions here
is fitted to all speakers for the bundle, and, for what is reported, to the other speakers only, in
folds of speakers: no speaker's own data calibrated, thresholded or widened their own result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from paralbench.bundling import operating_point
from paralbench.bundling.operating_point import Goal
from paralbench.metrics import metric
from paralbench.records.bundle import Calibration, Conformal, Estimate, OperatingPoint, Performance
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import Metrics, NumberTarget, TaskCard
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.results.subgroups import subgroups
from paralbench.screener.decision import sides, with_positive
from paralbench.statistics import calibration, conformal
from paralbench.statistics.bootstrap import Draws, interval

_REPORTED = ("auroc", "sensitivity", "specificity", "brier", "ece")
"""Reported of every screener for a class, whatever the task's card reports."""


@dataclass(frozen=True)
class Validated:
    """The results of validation, as the bundle's manifest has them."""

    calibration: Calibration | None
    conformal: Conformal
    operating_point: OperatingPoint | None
    performance: Performance


def mean_of_seeds(predictions: Predictions, seeds: int) -> Predictions:
    """The mean prediction of the first ``seeds`` seeds; one row per example.

    Raises:
        ParalbenchError: where an example was not predicted once by each seed.
    """
    parts = []
    for seed in np.unique(predictions.seeds)[:seeds]:
        rows = np.flatnonzero(predictions.seeds == seed)
        parts.append(rows[np.argsort(predictions.rows[rows], kind="stable")])
    first = parts[0]
    examples = predictions.rows[first]
    same = all(np.array_equal(predictions.rows[part], examples) for part in parts)
    if not same or len(np.unique(examples)) < len(first):
        raise ParalbenchError(
            "expected one prediction of every example by each seed; these predictions differ."
        )
    if predictions.classes:
        outputs = np.mean([predictions.outputs[part].astype(float) for part in parts], axis=0)
        predicted = outputs.argmax(1).astype(float)
    else:
        predicted = np.mean([predictions.predicted[part] for part in parts], axis=0)
        outputs = predicted[:, None]
    return Predictions(
        rows=examples,
        clusters=predictions.clusters[first],
        folds=predictions.folds[first],
        seeds=np.zeros(len(first), np.int64),
        truth=predictions.truth[first],
        predicted=predicted,
        outputs=outputs.astype(np.float32),
        classes=predictions.classes,
        attributes={name: words[first] for name, words in predictions.attributes.items()},
    )


def validated(predictions: Predictions, task: TaskCard, level: float, goal: Goal) -> Validated:
    """Calibrate, choose the operating point and score, as the task's card reports."""
    bounds = (-inf, inf)
    if isinstance(task.target, NumberTarget):
        low, high = task.target.minimum, task.target.maximum
        bounds = (-inf if low is None else low, inf if high is None else high)
    return validated_on(predictions, bounds, task.metrics, level, goal)


def validated_on(
    predictions: Predictions,
    bounds: tuple[float, float],
    metrics: Metrics,
    level: float,
    goal: Goal,
    by: str = "",
) -> Validated:
    """Calibrate, choose the operating point and score.

    Args:
        predictions: out of fold, one row per example.
        bounds: the lowest and highest value of a number.
        metrics: what is reported.
        level: of conformal sets and intervals.
        goal: of the operating point.
        by: an attribute by whose values conformal sets or intervals are fitted; "" for none.

    Raises:
        ParalbenchError: with too few speakers for conformal prediction at the level, or for
            calibration.
    """
    speakers = len(np.unique(predictions.clusters))
    if speakers < conformal.LEAST:
        raise ParalbenchError(
            f"conformal prediction needs {conformal.LEAST} speakers or more, the predictions are of "
            f"{speakers}; a screener validated on so few would claim more than is known."
        )
    groups = predictions.attributes[by] if by else None
    if predictions.classes:
        return _classes(predictions, metrics, level, goal, by, groups)
    return _number(predictions, bounds, metrics, level, by, groups)


def _number(
    predictions: Predictions,
    bounds: tuple[float, float],
    metrics: Metrics,
    level: float,
    by: str,
    groups: NDArray[np.str_] | None,
) -> Validated:
    # As the screener reports them: within the target's range.
    values = np.clip(predictions.predicted, *bounds)
    reported = replace(
        predictions, predicted=values, outputs=values[:, None].astype(np.float32)
    )  # fmt: skip
    truth, clusters = predictions.truth, predictions.clusters
    half = conformal.interval_quantile(values, truth, clusters, level)
    coverage = conformal.interval_coverage(values, truth, clusters, level)
    by_group: dict[str, list[float]] = {}
    if groups is not None:
        by_group = conformal.group_quantiles([np.abs(values - truth)], groups, clusters, level)
    return Validated(
        None,
        _conformal("absolute-error", [half], clusters, level, coverage, by, by_group),
        None,
        Performance(scores=scores(metrics, reported), subgroups=subgroups(metrics, reported)),
    )


def _classes(
    predictions: Predictions,
    metrics: Metrics,
    level: float,
    goal: Goal,
    by: str,
    groups: NDArray[np.str_] | None,
) -> Validated:
    positive, clusters = len(predictions.classes) - 1, predictions.clusters
    outputs = predictions.outputs.astype(float)
    raw, truth = outputs[:, positive], (predictions.truth == positive).astype(float)
    name = predictions.classes[positive]
    for members, kind in ((truth > 0, name), (truth <= 0, f"other than {name}")):
        # Every fold that is fitted needs speakers of both kinds.
        if len(np.unique(clusters[members])) < 2:
            raise ParalbenchError(
                f"calibration needs two speakers or more of every kind; '{kind}' has fewer."
            )
    weight = calibration.weights(clusters)
    chosen = calibration.chosen(raw, truth, clusters)
    calibrated = calibration.held_out(raw, truth, clusters)
    point = operating_point.chosen(calibrated, truth, clusters, goal)
    above, abstained = operating_point.held_out(calibrated, truth, clusters, goal)
    probabilities = with_positive(outputs, positive, calibrated)
    labels = predictions.truth.astype(int)
    quantiles = conformal.set_quantiles(probabilities, labels, clusters, level)
    by_group: dict[str, list[float]] = {}
    if groups is not None:
        scores_by_class = conformal.class_scores(probabilities, labels)
        by_group = conformal.group_quantiles(scores_by_class, groups, clusters, level)
    sets = conformal.held_out_sets(probabilities, labels, clusters, level, groups)
    coverage = float(np.average(sets[np.arange(len(labels)), labels], weights=weight))
    on_positive, on_other = sides(sets, positive)
    # As a screener decides: no prediction where the set holds both sides, or lies on the other.
    abstained = abstained | (on_positive == on_other) | (on_positive != above)
    others = probabilities.copy()
    others[:, positive] = -1
    predicted = np.where(above, positive, others.argmax(1)).astype(float)
    reported = replace(
        predictions, outputs=probabilities.astype(np.float32), predicted=predicted
    )  # fmt: skip
    names = list(dict.fromkeys((*metrics.report, *_REPORTED)))
    metrics = metrics.model_copy(update={"report": names})
    slope, intercept = calibration.line(calibrated, truth, weight)
    method = "per-class" if len(quantiles) > 1 else "all-classes"
    return Validated(
        Calibration(
            method=chosen.method,
            parameters={name: list(values) for name, values in chosen.parameters.items()},
            fitted_on="Out-of-fold predictions: of each speaker by heads not trained on them.",
            speakers=len(np.unique(clusters)),
            error="log loss in nats, every speaker counting once",
            error_before=calibration.log_loss(raw, truth, weight),
            error_after=calibration.log_loss(calibrated, truth, weight),
        ),
        _conformal(method, quantiles, clusters, level, coverage, by, by_group),
        OperatingPoint(
            threshold=point.threshold,
            sensitivity=_estimate("sensitivity", reported),
            specificity=_estimate("specificity", reported),
            abstain=point.abstain,
            chosen=_explanation(predicted == predictions.truth, abstained, weight, goal),
        ),
        Performance(
            scores=scores(metrics, reported),
            slope=slope,
            intercept=intercept,
            subgroups=subgroups(metrics, reported),
        ),
    )


def _conformal(
    method: str,
    quantiles: list[float],
    clusters: NDArray[np.int64],
    level: float,
    coverage: float,
    by: str,
    by_group: dict[str, list[float]],
) -> Conformal:
    speakers = len(np.unique(clusters))
    if not np.isfinite(quantiles).all():
        highest = np.floor(100 * speakers / (speakers + 1)) / 100
        raise ParalbenchError(
            f"--level {level:g} needs {int(np.ceil(level / (1 - level)))} speakers or more, the "
            f"predictions are of {speakers}; they allow a level of {highest:g}."
        )
    return Conformal(
        method=method,
        level=level,
        quantiles=conformal.widest(quantiles, by_group),
        by=by,
        groups=by_group,
        speakers=speakers,
        coverage=coverage,
    )


def _explanation(
    correct: NDArray[np.bool_],
    abstained: NDArray[np.bool_],
    weight: NDArray[np.float64],
    goal: Goal,
) -> str:
    """How the operating point was chosen, and what abstention gains."""
    demand = "the highest mean of sensitivity and specificity"
    if goal.sensitivity is not None:
        demand = f"a sensitivity of {goal.sensitivity:g}"
    elif goal.specificity is not None:
        demand = f"a specificity of {goal.specificity:g}"
    text = (
        f"Chosen on out-of-fold predictions for {demand}; the figures are of other speakers than it "
        "was chosen on"
    )
    if not abstained.any():
        return text + ". It abstained from none of them."
    share = float(np.average(abstained, weights=weight))
    if abstained.all():
        return text + ". It abstained from all of them: no prediction is to be expected of it."
    before = float(np.average(correct, weights=weight))
    after = float(np.average(correct[~abstained], weights=weight[~abstained]))
    return (
        f"{text}. It abstains from {share:.3f} of the recordings; of the others {after:.3f} are "
        f"predicted correctly, of all {before:.3f}. Sensitivity and specificity are of all recordings."
    )


def _estimate(name: str, predictions: Predictions) -> Estimate:
    chosen = metric(name)
    tallies, sizes = predictions.tallies(chosen), predictions.sizes()
    value = float(tallies[0].scores(np.ones((1, tallies[0].clusters)))[0])
    bounds = interval(chosen, tallies, sizes, Draws.of(len(sizes)))
    positive = predictions.truth == len(predictions.classes) - 1
    members = positive if name == "sensitivity" else ~positive
    people, right = len(np.unique(predictions.clusters[members])), None
    if people == members.sum():  # one recording each, so that people can be counted
        above = predictions.predicted == len(predictions.classes) - 1
        right = int((above == positive)[members].sum())
    return Estimate(value=value, interval=bounds, people=people, right=right)
