"""The report's sentences on a recording, for a reader who has never seen the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.records.quality import Quality
from paralbench.records.screened import Row
from paralbench.screener.quality_measures import amount, label

_CAUSES = {
    "unreadable": "not usable audio files", "not-finite": "damaged files", "silent": "silent",
    "dead-channel": "a channel without sound", "seconds": "too short", "longest": "too long",
    "rate": "sampling rate too low", "bandwidth": "telephone quality", "clipped": "too loud",
    "level": "too faint", "offset": "faulty sound card or cable", "speech": "too little speech",
    "noise-ratio": "too much background noise", "not listed": "lines of a list that cannot be used",
    "stopped": "crashed the program", "failed": "the screener failed",
}  # fmt: skip


def cause(name: str) -> str:
    """Why recordings were not scored, in plain words.

    >>> cause("level")
    'too faint'
    """
    return _CAUSES.get(name, name)


def positive(manifest: Manifest, assessment: Assessment) -> bool:
    """Whether the prediction is the class that is screened for."""
    return assessment.prediction is not None and (
        assessment.prediction == manifest.outcome.positive
    )


def score(manifest: Manifest, assessment: Assessment) -> str:
    """A recording's number, with its interval where it has one; "–" where there is no number."""
    number, form = assessment.probability, "{:.0%}"
    if number is None:
        number, form = assessment.value, "{:.3g}"
    if number is None or assessment.status == "not scored":
        return "–"
    unit = ""
    if assessment.probability is None and manifest.outcome.unit:
        unit = f" {manifest.outcome.unit}"
    interval = ""
    if assessment.low is not None and assessment.high is not None:
        interval = f" ({form.format(assessment.low)} to {form.format(assessment.high)})"
    return f"{form.format(number)}{unit}{interval}"


def decision(manifest: Manifest, assessment: Assessment) -> str:
    """What was decided, in a sentence or two."""
    outcome = manifest.outcome
    if assessment.status == "not scored":
        return f"Not scored. {assessment.reason}"
    if assessment.status == "abstained":
        return f"No prediction. {assessment.reason}"
    if assessment.value is not None:
        return f"{outcome.title}: {score(manifest, assessment)}."
    certainty = ""
    if len(assessment.classes) > 1:
        certainty = f" Not ruled out: {', '.join(assessment.classes)}."
    elif manifest.conformal is not None and not assessment.classes:
        certainty = " Neither is typical."
    side = "above" if positive(manifest, assessment) else "below"
    return (
        f"{outcome.title}: {assessment.prediction}, {side} the threshold "
        f"({score(manifest, assessment)} for {outcome.positive}).{certainty}"
    )


def action(manifest: Manifest, assessment: Assessment) -> str:
    """What to do, in a few words."""
    if assessment.status == "not scored":
        return "Record again, or see the reason"
    if assessment.status == "abstained":
        return "Assess in another way"
    if assessment.value is not None:
        return "Read together with its interval"
    if positive(manifest, assessment):
        return "Follow up as your protocol says"
    return "No action needed from this result"


def worklist(manifest: Manifest, rows: Sequence[Row]) -> list[int]:
    """Row numbers by urgency: positive, no prediction, not scored, the others."""

    def urgency(number: int) -> tuple[int, float]:
        assessment = rows[number].assessment
        if assessment.status == "not scored":
            return 2, 0.0
        weight = -(assessment.probability or assessment.value or 0.0)
        if assessment.status == "abstained":
            return 1, weight
        first = positive(manifest, assessment) or assessment.value is not None
        return 0 if first else 3, weight

    return sorted(range(len(rows)), key=urgency)


def quality(measured: Quality) -> list[tuple[str, str]]:
    """Every measure's name and amount in plain words."""
    return [
        (label(field.name), amount(field.name, getattr(measured, field.name)))
        for field in fields(measured)
    ]
