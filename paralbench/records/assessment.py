"""Assessment: a screener's output for a recording, or the reason for none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paralbench.records.quality import Quality

Status = Literal["scored", "abstained", "not scored"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment of a recording, in seconds, and its contribution to the score.

    Positive contributions raise the score. They imply no cause.
    """

    start: float
    end: float
    weight: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """One recording assessed.

    Args:
        status: "scored"; "abstained": sufficient quality but no prediction; "not scored":
            refused by the gate or the engine, without a number.
        reason: of abstaining or not scoring, in plain English; empty if scored.
        cause: one word for that reason, for programs.
        warnings: cautions about a scored recording.
        doubts: names of the limits among them that bear on the result ("speaker_contrast").
        quality: its measurements; None if impossible.
        probability: calibrated probability of the positive class; None for a number.
        value: the predicted number, in the outcome's unit; None for a class.
        low: lower end of the conformal interval of the number, or of the probability if there is one.
        high: its upper end.
        prediction: the class at the operating point; None if abstained.
        classes: the conformal set, at the bundle's level.
        distance: from its embedding to the validated ones, relative to the largest that is scored.
        outputs: of the heads before calibration: probabilities of all classes, or the value; empty
            where no number is given.
        stretches: of a long recording, those with the largest contributions, largest first.
    """

    status: Status
    reason: str = ""
    cause: str = ""
    warnings: tuple[str, ...] = ()
    quality: Quality | None = None
    probability: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    prediction: str | None = None
    classes: tuple[str, ...] = ()
    distance: float | None = None
    stretches: tuple[Stretch, ...] = ()
    doubts: tuple[str, ...] = ()
    outputs: tuple[float, ...] = ()
