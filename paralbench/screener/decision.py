"""From the heads' output to the assessment: calibrated, thresholded, with a set or an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.attributes import word
from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Conformal, Manifest, OperatingPoint
from paralbench.screener.points import points
from paralbench.statistics import conformal
from paralbench.statistics.calibration import calibrated


def group(manifest: Manifest, attributes: Mapping[str, str]) -> str:
    """The group of people whose conformal quantiles hold for a recording; "" where none differ."""
    sets = manifest.conformal
    return word(sets.by, attributes.get(sets.by, "")) if sets is not None and sets.by else ""


def decided(
    manifest: Manifest, output: NDArray[np.float64], distance: float | None, group: str = ""
) -> Assessment:
    """The computed part of an assessment.

    Args:
        manifest: the bundle's.
        output: of the heads, probabilities [classes] or a value [1].
        distance: embedding distance over the largest allowed, or None.
        group: of people, as :func:`group` has it.
    """
    if distance is not None and distance > 1:
        reason = (
            f"It differs too much from the recordings that the screener was validated on (distance "
            f"{distance:.2f}, at most 1 is allowed). Another microphone, room, language or task may "
            "be the cause."
        )
        return Assessment("abstained", reason, "outside-range", distance=distance)
    compute = _number if manifest.outcome.kind == "number" else _class
    assessment = compute(manifest, output, distance, group)
    return replace(assessment, outputs=tuple(output.tolist()))


def with_positive(
    probabilities: NDArray[np.float64], positive: int, calibrated: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities [n, classes] with the positive class's replaced by ``calibrated`` [n].

    The other classes share the rest in their old proportions.

    >>> with_positive(np.array([[0.2, 0.2, 0.6]]), 2, np.array([0.5])).round(6).tolist()
    [[0.25, 0.25, 0.5]]
    """
    others = np.delete(np.arange(probabilities.shape[1]), positive)
    rest = probabilities[:, others] + 1e-12
    result = np.empty_like(probabilities, dtype=float)
    result[:, positive] = calibrated
    result[:, others] = rest / rest.sum(1, keepdims=True) * (1 - calibrated)[:, None]
    return result


def _number(
    manifest: Manifest, output: NDArray[np.float64], distance: float | None, group: str
) -> Assessment:
    outcome = manifest.outcome

    def possible(number: float) -> float:
        if outcome.minimum is not None:
            number = max(number, outcome.minimum)
        return number if outcome.maximum is None else min(number, outcome.maximum)

    raw = float(output[0])
    value, low, high = possible(raw), None, None
    if manifest.conformal is not None:
        (half,) = _quantiles(manifest.conformal, group)
        low, high = possible(value - half), possible(value + half)
    return Assessment("scored", value=value, low=low, high=high, distance=distance)


def _quantiles(sets: Conformal, group: str) -> list[float]:
    return sets.groups.get(group, sets.quantiles)


def _class(
    manifest: Manifest, output: NDArray[np.float64], distance: float | None, group: str
) -> Assessment:
    outcome, point = manifest.outcome, manifest.operating_point
    positive = outcome.classes.index(str(outcome.positive))
    probability = float(output[positive])
    if manifest.calibration is not None:
        method, parameters = manifest.calibration.method, manifest.calibration.parameters
        probability = float(calibrated(method, parameters, output[[positive]])[0])
    probabilities = with_positive(output[None], positive, np.array([probability]))
    classes: tuple[str, ...] = ()
    if manifest.conformal is not None:
        (contained,) = conformal.held(probabilities, _quantiles(manifest.conformal, group))
        classes = tuple(np.array(outcome.classes)[contained].tolist())
    prediction = None
    if point is not None:
        undecided = _undecided(manifest, point, probability, classes)
        if undecided:
            return Assessment(
                "abstained", undecided, "undecided",
                probability=probability, classes=classes, distance=distance,
            )  # fmt: skip
        if probability >= point.threshold:
            prediction = outcome.classes[positive]
        else:
            probabilities[0, positive] = -1
            prediction = outcome.classes[int(probabilities[0].argmax())]
    return Assessment(
        "scored", probability=probability, prediction=prediction, classes=classes, distance=distance
    )


def sides(classes: NDArray[np.bool_], positive: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether conformal sets [n, classes] hold the positive class, and whether any other, [n] both.

    >>> [side.tolist() for side in sides(np.array([[True, False], [True, True]]), 1)]
    [[False, True], [True, True]]
    """
    others = np.asarray(np.delete(classes, positive, axis=1).any(1))
    return classes[:, positive], others


def _undecided(
    manifest: Manifest, point: OperatingPoint, probability: float, classes: tuple[str, ...]
) -> str:
    """Why a score is too near the threshold for a prediction; "" where it is not."""
    score, limit = points(probability, point.threshold)
    place = f"The score of {score} of 100 is near the threshold of {limit}"
    if point.abstain is not None and point.abstain[0] < probability < point.abstain[1]:
        low, high = (f"{100 * bound:.3g}" for bound in point.abstain)
        return f"{place}: between {low} and {high} the screener was wrong too often in validation."
    if not classes or manifest.conformal is None:
        return ""
    names = manifest.outcome.classes
    held = np.array([[name in classes for name in names]])
    ((positive,), (other,)) = sides(held, names.index(str(manifest.outcome.positive)))
    if positive != other and positive == (probability >= point.threshold):
        return ""
    level = f"{100 * manifest.conformal.level:g}"
    if positive and other:
        return f"{place}: with {level} % confidence the true answer may lie on either side."
    return f"{place}: the set that is right for {level} % of people lies on the other side of it."
