"""From what the heads say of a recording to what may be told: calibrated, with sets or intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.statistics import conformal
from paralbench.statistics.calibration import calibrated, logit


def log_odds(probability: float) -> float:
    """Of a probability, finite."""
    return float(logit(np.array([probability]))[0])


def answered(manifest: Manifest, said: NDArray[np.float64], distance: float | None) -> Assessment:
    """What is computed of an assessment; ``said`` are probabilities [classes] or a value [1]."""
    outside = distance is not None and distance > 1
    reason = (
        f"It sounds unlike the recordings that the screener was validated on (distance {distance:.2f} "
        "of what is allowed, at most 1): another microphone, room, language or task may be why."
        if outside
        else ""
    )
    if manifest.outcome.kind == "number":
        return _number(manifest, float(said[0]), distance, reason)
    return _class(manifest, said, distance, reason)


def spread(
    probabilities: NDArray[np.float64], positive: int, found: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities [n, classes] with the positive class's replaced by ``found`` [n].

    The other classes share what is left as they did before.
    """
    others = np.delete(np.arange(probabilities.shape[1]), positive)
    rest = probabilities[:, others] + 1e-12
    told = np.empty_like(probabilities, dtype=float)
    told[:, positive] = found
    told[:, others] = rest / rest.sum(1, keepdims=True) * (1 - found)[:, None]
    return told


def _number(manifest: Manifest, value: float, distance: float | None, reason: str) -> Assessment:
    outcome = manifest.outcome
    value = _within(value, outcome.minimum, outcome.maximum)
    low = high = None
    if manifest.conformal is not None:
        (half,) = manifest.conformal.quantiles
        low, high = value - half, value + half
        least, most = outcome.minimum, outcome.maximum
        low, high = _within(low, least, most), _within(high, least, most)
    if reason:
        return Assessment("abstained", reason, "outside-range", distance=distance)
    return Assessment("scored", value=value, low=low, high=high, distance=distance)


def _within(value: float, least: float | None, most: float | None) -> float:
    """No number is told that the outcome cannot be."""
    value = value if least is None else max(value, least)
    return value if most is None else min(value, most)


def _class(
    manifest: Manifest, said: NDArray[np.float64], distance: float | None, reason: str
) -> Assessment:
    outcome = manifest.outcome
    place = outcome.classes.index(str(outcome.positive))
    probability = float(said[place])
    if manifest.calibration is not None:
        told = manifest.calibration
        probability = float(calibrated(told.method, told.parameters, said[[place]])[0])
    if reason:
        return Assessment("abstained", reason, "outside-range", distance=distance)
    probabilities = spread(said[None], place, np.array([probability]))
    classes: tuple[str, ...] = ()
    if manifest.conformal is not None:
        inside = conformal.held(probabilities, manifest.conformal.quantiles)[0]
        classes = tuple(name for name, there in zip(outcome.classes, inside, strict=True) if there)
    point = manifest.operating_point
    if point is not None and point.abstain is not None:
        low, high = point.abstain
        if low < probability < high:
            return Assessment(
                "abstained",
                f"The probability {probability:.2f} lies between {low:.2f} and {high:.2f}, where the "
                "screener was too often wrong to predict either.",
                "undecided", probability=probability, classes=classes, distance=distance,
            )  # fmt: skip
    prediction = None
    if point is not None:
        if probability >= point.threshold:
            prediction = outcome.classes[place]
        else:
            others = probabilities[0].copy()
            others[place] = -1
            prediction = outcome.classes[int(others.argmax())]
    return Assessment(
        "scored", probability=probability, prediction=prediction, classes=classes, distance=distance
    )
