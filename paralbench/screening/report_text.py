"""The report's sentences on a recording, for a reader who has never seen the project."""

from __future__ import annotations

from dataclasses import fields

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.records.quality import Quality
from paralbench.screener.points import points
from paralbench.screener.quality_measures import amount, label
from paralbench.screening.row_state import State, state, title


def score(manifest: Manifest, assessment: Assessment) -> str:
    """A recording's points of 100 with the threshold, or its number with its interval; "–" for none."""
    if assessment.status == "not scored":
        return "–"
    if assessment.probability is not None:
        point = manifest.operating_point
        written, limit = points(assessment.probability, point.threshold if point else None)
        return f"{written} of 100 (threshold {limit})" if limit else f"{written} of 100"
    if assessment.value is None:
        return "–"
    unit = f" {manifest.outcome.unit}" if manifest.outcome.unit else ""
    interval = ""
    if assessment.low is not None and assessment.high is not None:
        interval = f" ({assessment.low:.3g} to {assessment.high:.3g})"
    return f"{assessment.value:.3g}{unit}{interval}"


def decision(manifest: Manifest, assessment: Assessment) -> str:
    """What was decided, in a sentence or two."""
    if assessment.reason:
        return f"{title(manifest, assessment)}. {assessment.reason}"
    if state(manifest, assessment) is State.ESTIMATED:
        return f"{manifest.outcome.title}: {score(manifest, assessment)}."
    return f"{title(manifest, assessment)}: {score(manifest, assessment)}."


def above_null(manifest: Manifest) -> str:
    """Whether the screener's entry is better than entries without knowledge of the answer."""
    comparison = manifest.performance.above_null
    if comparison is None:
        return "Not compared with null entries: whether a guess from length or level does as well is not known."
    verdict = "Better than" if comparison.shown else "Not shown to be better than"
    return (
        f"{verdict} the best of them, {comparison.null}: difference in {comparison.metric} "
        f"{comparison.difference:+.3f} ({comparison.low:+.3f} to {comparison.high:+.3f}), "
        f"p {comparison.p:.2g}."
    )


def quality(measured: Quality) -> list[tuple[str, str]]:
    """Every measure's name and amount in plain words."""
    return [
        (label(field.name), amount(field.name, getattr(measured, field.name)))
        for field in fields(measured)
    ]
