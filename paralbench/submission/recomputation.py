"""Recomputes the fields of a result that follow from its predictions (``RECOMPUTED``)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.records.task_card import Partitions, TaskCard
from paralbench.results.annotators import annotators
from paralbench.results.calibration import calibration, recorded_fits
from paralbench.results.condition_scores import condition_score
from paralbench.results.predictions import Predictions
from paralbench.results.scores import confusion_matrix, scores
from paralbench.results.subgroups import subgroups
from paralbench.submission.loading import Loaded
from paralbench.submission.problem import Problem, listed, shown

TOLERANCE = 1e-9
"""Relative tolerance for different summation orders of linear algebra."""

Again = Callable[[TaskCard, Predictions], Any]


RECOMPUTED: tuple[tuple[str, Callable[[Result], Any], Again], ...] = (
    ("scores", lambda result: result.scores, lambda card, predictions: scores(card.metrics, predictions)),
    (
        "subgroups",
        lambda result: result.subgroups,
        lambda card, predictions: subgroups(card.metrics, predictions),
    ),
    (
        "confusion",
        lambda result: result.confusion,
        lambda _, predictions: confusion_matrix(predictions) if predictions.classes else [],
    ),
    (
        "annotators",
        lambda result: result.annotators,
        lambda card, predictions: annotators(card.metrics, predictions),
    ),
    ("seeds", lambda result: result.seeds, lambda _, predictions: np.unique(predictions.seeds).tolist()),
    ("folds", lambda result: result.folds, lambda _, predictions: len(np.unique(predictions.folds))),
)  # fmt: skip


def recomputed(loaded: Loaded, card: TaskCard) -> list[Problem]:
    """The fields that disagree with the predictions."""
    problems = []
    for field, stated, again in RECOMPUTED:
        try:
            expected = again(card, loaded.predictions)
        except (ParalbenchError, ValueError) as error:
            message = f"cannot be made of these predictions: {str(error).removesuffix('.')}"
            problems.append(Problem(loaded.name, field, message))
            continue
        faults = differences(field, _plain(expected), _plain(stated(loaded.result)))
        problems += listed(loaded.name, faults)
    problems += listed(loaded.name, _counts(loaded, card))
    problems += listed(loaded.name, _conditions(loaded, card))
    return [*problems, *listed(loaded.name, _calibration(loaded))]


def _calibration(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Errors of the probabilities, by the scalings that the result records."""
    stated, predictions = loaded.result.calibration, loaded.predictions
    if stated is None:
        return
    if not predictions.classes:
        yield "calibration", "expected none, since the target is a number"
        return
    classes = len(predictions.classes)
    tested = set(zip(predictions.folds.tolist(), predictions.seeds.tolist(), strict=True))
    for place, scaled in enumerate(stated.after):
        if {(fit.fold, fit.seed) for fit in scaled.fits} != tested:
            yield f"calibration.after.{place}.fits", "expected one for each tested fold and seed"
            return
        if any(len(fit.bias) != classes for fit in scaled.fits):
            yield f"calibration.after.{place}.fits", f"expected biases of {classes} classes"
            return
    expected = calibration(predictions, recorded_fits(stated))
    yield from differences("calibration", _plain(expected), _plain(stated))


def _conditions(loaded: Loaded, card: TaskCard) -> Iterator[tuple[str, str]]:
    """The scores under conditions whose predictions are stored; those of old results are not."""
    stated = {item.condition: item for item in loaded.result.conditions}
    if len(stated) != len(loaded.result.conditions):
        yield "conditions", "names a condition twice"
    for name in sorted(loaded.conditions.keys() - stated.keys()):
        yield "conditions", f"has no score of {shown(name)}, whose predictions are stored"
    for place, item in enumerate(loaded.result.conditions):
        degraded = loaded.conditions.get(item.condition)
        if degraded is not None:
            expected = condition_score(
                item.condition, item.identity, card.metrics, degraded, loaded.predictions
            )
            yield from differences(f"conditions.{place}", _plain(expected), _plain(item))


def _counts(loaded: Loaded, card: TaskCard) -> Iterator[tuple[str, str]]:
    """Scored examples and their classes: those of the predictions where every example is tested,
    no fewer where a corpus's own parts train and develop without being tested."""
    data, predictions = loaded.result.data, loaded.predictions
    tested, classes = predictions.examples(), predictions.class_counts()
    if not isinstance(card.protocol, Partitions):
        yield from differences("data.scored", tested, data.scored)
        yield from differences("data.classes", classes, data.classes)
        return
    stood = max(
        (fold.train + fold.develop + fold.test for fold in loaded.result.audit.folds), default=0
    )
    # Folds are counted before unusable files are refused.
    least = max(tested, stood - (data.listed - data.scored))
    if data.scored < least:
        yield "data.scored", f"expected {least} or more of the folds, got {data.scored}"
    if set(data.classes) != set(classes) or (classes and sum(data.classes.values()) != data.scored):
        message = (
            f"expected {data.scored} examples of {', '.join(classes)}, got {shown(data.classes)}"
        )
        yield "data.classes", message
        return
    for name, count in classes.items():
        if data.classes[name] < count:
            message = f"expected {count} or more from the predictions, got {data.classes[name]}"
            yield f"data.classes.{name}", message


def differences(field: str, expected: Any, actual: Any) -> Iterator[tuple[str, str]]:
    """(field, message) for all differences of plain values beyond rounding."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            place = f"{field}.{key}"
            if key not in actual:
                yield place, f"expected {shown(expected[key])} from the predictions, it is missing"
            elif key not in expected:
                yield place, f"got {shown(actual[key])}, the predictions give no such value"
            else:
                yield from differences(place, expected[key], actual[key])
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield field, f"expected {len(expected)} from the predictions, got {len(actual)}"
            return
        for number, pair in enumerate(zip(expected, actual, strict=True)):
            yield from differences(f"{field}.{number}", *pair)
    elif not _same(expected, actual):
        yield field, f"expected {shown(expected)} from the predictions, got {shown(actual)}"


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, float) and isinstance(actual, float | int):
        return math.isclose(expected, actual, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(expected == actual)


def _plain(value: Any) -> Any:
    if isinstance(value, Card):
        return value.model_dump()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
