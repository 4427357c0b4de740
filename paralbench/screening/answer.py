"""From what the heads say of a recording to what may be told: calibrated, with sets or intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.records.assessment import Status
from paralbench.records.bundle import Manifest
from paralbench.statistics import conformal
from paralbench.statistics.calibration import calibrated, logit


@dataclass(frozen=True)
class Answer:
    """The part of an assessment that is computed; see :class:`Assessment` for its fields."""

    status: Status
    reason: str = ""
    cause: str = ""
    probability: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    prediction: str | None = None
    classes: tuple[str, ...] = ()
    distance: float | None = None

    @staticmethod
    def log_odds(probability: float) -> float:
        """Of a probability, finite."""
        return float(logit(np.array([probability]))[0])


def answered(manifest: Manifest, said: NDArray[np.float64], distance: float | None) -> Answer:
    """What is told of a recording; ``said`` are probabilities [classes] or a value [1]."""
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


def _number(manifest: Manifest, value: float, distance: float | None, reason: str) -> Answer:
    outcome = manifest.outcome
    low = high = None
    if manifest.conformal is not None:
        (half,) = manifest.conformal.quantiles
        low, high = value - half, value + half
        least, most = outcome.minimum, outcome.maximum
        low = low if least is None else max(low, least)
        high = high if most is None else min(high, most)
    if reason:
        return Answer("abstained", reason, "outside-range", distance=distance)
    return Answer("scored", value=value, low=low, high=high, distance=distance)


def _class(
    manifest: Manifest, said: NDArray[np.float64], distance: float | None, reason: str
) -> Answer:
    outcome = manifest.outcome
    place = outcome.classes.index(str(outcome.positive))
    probability = float(said[place])
    if manifest.calibration is not None:
        told = manifest.calibration
        probability = float(calibrated(told.method, told.parameters, said[[place]])[0])
    if reason:
        return Answer("abstained", reason, "outside-range", distance=distance)
    probabilities = spread(said[None], place, np.array([probability]))
    classes: tuple[str, ...] = ()
    if manifest.conformal is not None:
        inside = conformal.held(probabilities, manifest.conformal.quantiles)[0]
        classes = tuple(name for name, there in zip(outcome.classes, inside, strict=True) if there)
    point = manifest.operating_point
    if point is not None and point.abstain is not None:
        low, high = point.abstain
        if low < probability < high:
            return Answer(
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
    return Answer(
        "scored", probability=probability, prediction=prediction, classes=classes, distance=distance
    )
