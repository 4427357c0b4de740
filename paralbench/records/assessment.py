"""Assessment: what a screener says of one recording, or why it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paralbench.records.quality import Quality

Status = Literal["scored", "abstained", "not scored"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a recording, in seconds, and its share of what the score is made of.

    Positive where it moved the score up, negative where down. No cause is claimed.
    """

    start: float
    end: float
    weight: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """One recording assessed.

    Args:
        status: "scored"; "abstained", where quality was sufficient but no prediction is made;
            "not scored", where the gate or the engine refused it, and then there is no number.
        reason: why it is not scored or abstained from, in plain English; empty where scored.
        cause: one word for that reason, for programs.
        warnings: what to keep in mind, where scored all the same.
        quality: what was measured; None where nothing could be.
        probability: calibrated probability of the positive class; None for a number.
        value: the predicted number, in the outcome's unit; None for a class.
        low: lower end of the number's conformal interval, or of the probability's where there is one.
        high: its upper end.
        prediction: the class at the operating point; None where abstained.
        classes: the conformal set, the classes that are not ruled out at the bundle's level.
        distance: how far its embedding lies from the validated ones, over the largest that is scored.
        stretches: of a long recording, those that weighed most, the heaviest first.
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
