"""The report's sentences on a recording, for a reader who has never seen the project."""

from __future__ import annotations

from dataclasses import fields

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.records.quality import Quality
from paralbench.screener.points import points
from paralbench.screener.quality_measures import amount, label
from paralbench.screening.journalled import translated
from paralbench.screening.language import numbers, text
from paralbench.screening.row_state import State, state, title


def score(manifest: Manifest, assessment: Assessment) -> str:
    """A recording's points of 100 with the threshold, or its number with its interval; "–" for none."""
    if assessment.status == "not scored":
        return "–"
    if assessment.probability is not None:
        point = manifest.operating_point
        written, limit = points(assessment.probability, point.threshold if point else None)
        beyond, _, number = written.rpartition(" ")
        number = numbers(number)
        if beyond == "over":
            number = text("over {score}", score=number)
        elif beyond == "under":
            number = text("under {score}", score=number)
        if limit:
            return text("{score} of 100 (threshold {limit})", score=number, limit=numbers(limit))
        return text("{score} of 100", score=number)
    if assessment.value is None:
        return "–"
    unit = f" {manifest.outcome.unit}" if manifest.outcome.unit else ""
    interval = ""
    if assessment.low is not None and assessment.high is not None:
        low, high = (numbers(f"{bound:.3g}") for bound in (assessment.low, assessment.high))
        interval = " " + text("({low} to {high})", low=low, high=high)
    return numbers(f"{assessment.value:.3g}") + unit + interval


def decision(manifest: Manifest, assessment: Assessment) -> str:
    """What was decided, in a sentence or two."""
    if assessment.reason:
        why = translated(assessment.reason)
        return text("{state}. {reason}", state=title(manifest, assessment), reason=why)
    result = title(manifest, assessment)
    if state(manifest, assessment) is State.ESTIMATED:
        result = manifest.outcome.title
    return text("{state}: {score}.", state=result, score=score(manifest, assessment))


def above_null(manifest: Manifest) -> str:
    """Whether the screener's entry is better than entries without knowledge of the answer."""
    comparison = manifest.performance.above_null
    if comparison is None:
        return text(
            "Not compared with null entries: whether a guess from length or level does as well is not known."
        )
    values = {
        "null": comparison.null,
        "metric": comparison.metric,
        "difference": numbers(f"{comparison.difference:+.3f}"),
        "low": numbers(f"{comparison.low:+.3f}"),
        "high": numbers(f"{comparison.high:+.3f}"),
        "p": numbers(f"{comparison.p:.2g}"),
    }
    if comparison.shown:
        return text(
            "Better than the best of them, {null}: difference in {metric} {difference} ({low} to {high}), p {p}.",
            **values,
        )
    return text(
        "Not shown to be better than the best of them, {null}: difference in {metric} {difference} ({low} to {high}), p {p}.",
        **values,
    )


def quality(measured: Quality) -> list[tuple[str, str]]:
    """Every measure's name and amount in plain words."""
    return [
        (measure(field.name), written(field.name, getattr(measured, field.name)))
        for field in fields(measured)
    ]


def measure(name: str) -> str:
    """A measure's name in the reader's language."""
    return text(label(name))


def written(name: str, value: object) -> str:
    """A measure's amount in the reader's language and form."""
    return translated(amount(name, value))
