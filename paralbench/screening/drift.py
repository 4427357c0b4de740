"""Drift: whether these recordings are like those on which the screener was validated.

Of the validated recordings, a tenth lies beyond their own 5th and 95th percentile in each measure.
The share of the batch that does is compared with that tenth: a one-sided test of two proportions,
p = 0.05 shared out among the measures (Bonferroni), which takes into account that the percentiles
were themselves estimated. A warning also needs a fifth of the batch beyond them: in thousands of
recordings, differences that mean nothing are found too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field
from scipy import stats

from paralbench.records.bundle import Manifest, Reference
from paralbench.records.card import Card
from paralbench.records.screened import Row

FEWEST = 20
"""Recordings that are needed to say anything."""
_BEYOND = 0.10
_LEAST = 0.20
_LEVEL = 0.05
_FAR = 0.05
"""Share of recordings outside the validated range from which, without a reference, there is a warning."""


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
    far = sum(one > 1 for one in distances) / len(distances) if distances else None
    if len(passed) < FEWEST:
        return Drift(
            recordings=len(passed),
            far=far,
            unjudged=f"Fewer than {FEWEST} recordings passed the quality gate; that is too few to "
            "tell whether they are like those of validation.",
        )
    if manifest.reference is None:
        return Drift(
            recordings=len(passed),
            far=far,
            unjudged="The bundle does not say how the recordings of validation were spread, so "
            "only those outside its range can be counted.",
            warns=far is not None and far > _FAR,
        )
    reference = manifest.reference
    samples = {name: _values(name, passed) for name in sorted(reference.measures)}
    known = {name: values for name, values in samples.items() if len(values) >= FEWEST}
    measures = [_measure(name, values, reference, len(known)) for name, values in known.items()]
    return Drift(
        recordings=len(passed),
        measures=measures,
        far=far,
        warns=any(one.warns for one in measures),
    )


def _measure(name: str, values: Sequence[float], reference: Reference, tests: int) -> Measure:
    low, _, middle, _, high = reference.measures[name]
    beyond = sum(not low <= one <= high for one in values) / len(values)
    error = math.sqrt(_BEYOND * (1 - _BEYOND) * (1 / len(values) + 1 / reference.recordings))
    p = float(stats.norm.sf((beyond - _BEYOND) / error))
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
