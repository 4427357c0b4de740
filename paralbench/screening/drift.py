"""Drift: whether these recordings are like those on which the screener was validated.

Of the validated recordings, a tenth lies beyond their own 5th and 95th percentile in each measure.
How many of the batch do is compared with that tenth by a one-sided test at 0.05, shared out among the
measures (Bonferroni). The percentiles are order statistics of N recordings, so the true share beyond
them is Beta(0.1 (N + 1), 0.9 (N + 1)), and the count in the batch beta-binomial: exact, also for few
recordings (a normal approximation warned of one batch in ten of twenty). A warning also needs a
fifth of the batch beyond them: in thousands of recordings, differences that mean nothing are found
too.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from scipy import stats

from paralbench.records.bundle import Manifest, Reference
from paralbench.records.card import Card
from paralbench.records.screened import Row
from paralbench.statistics.bootstrap import wilson

FEWEST = 20
"""Recordings that are needed to say anything."""
_BEYOND = 0.10
_LEAST = 0.20
_LEVEL = 0.05
_FAR, _SEVERAL = 0.05, 3
"""So many recordings outside the validated range, surely more than this share (Wilson), are a warning."""


class Measure(Card):
    """One measure: its median here and in validation, and the share beyond the percentiles."""

    name: str
    recordings: int
    low: float
    high: float
    validated: float
    median: float
    beyond: float = Field(ge=0, le=1)
    p: float = Field(ge=0, le=1)
    warns: bool


class Drift(Card):
    """What was found; ``unjudged`` tells why nothing could be, where nothing could.

    ``far`` is the share of recordings outside the range that the screener abstains from.
    """

    recordings: int
    measures: list[Measure] = Field(default_factory=list)
    far: float | None = None
    unjudged: str = ""
    warns: bool = False


def drift(manifest: Manifest, rows: Sequence[Row]) -> Drift:
    """Compare the recordings that passed the quality gate with validation's."""
    passed = [row for row in rows if row.assessment.status != "not scored"]
    distances = _values("distance", passed)
    outside = sum(one > 1 for one in distances)
    far = outside / len(distances) if distances else None
    many = outside >= _SEVERAL and wilson(outside / len(distances), len(distances))[0] > _FAR
    if len(passed) < FEWEST:
        return Drift(
            recordings=len(passed),
            far=far,
            unjudged=f"Fewer than {FEWEST} recordings passed the quality gate; that is too few to "
            "tell whether they are like those of validation.",
            warns=many,
        )
    if manifest.reference is None:
        return Drift(
            recordings=len(passed),
            far=far,
            unjudged="The bundle does not say how the recordings of validation were spread, so "
            "only those outside its range can be counted.",
            warns=many,
        )
    reference = manifest.reference
    samples = {name: _values(name, passed) for name in sorted(reference.measures)}
    known = {name: values for name, values in samples.items() if len(values) >= FEWEST}
    measures = [_measure(name, values, reference, len(known)) for name, values in known.items()]
    return Drift(
        recordings=len(passed),
        measures=measures,
        far=far,
        warns=many or any(one.warns for one in measures),
    )


def _measure(name: str, values: Sequence[float], reference: Reference, tests: int) -> Measure:
    low, _, middle, _, high = reference.measures[name]
    beyond = sum(not low <= one <= high for one in values) / len(values)
    p = float(
        stats.betabinom.sf(
            round(beyond * len(values)) - 1,
            len(values),
            _BEYOND * (reference.recordings + 1),
            (1 - _BEYOND) * (reference.recordings + 1),
        )
    )
    ordered = sorted(values)
    return Measure(
        name=name,
        recordings=len(values),
        low=low,
        high=high,
        validated=middle,
        median=(ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2,
        beyond=beyond,
        p=p,
        warns=p < _LEVEL / tests and beyond >= _LEAST,
    )


def _values(name: str, rows: Sequence[Row]) -> list[float]:
    """A measure of each recording on which it could be taken."""
    told = (
        row.assessment.distance
        if name == "distance"
        else getattr(row.assessment.quality, name, None)
        for row in rows
    )
    return [float(one) for one in told if isinstance(one, int | float)]
