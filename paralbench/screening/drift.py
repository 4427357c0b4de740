"""Drift: whether these recordings are like those on which the screener was validated.

Of the validated recordings, a tenth lies outside their own 5th and 95th percentile in each measure.
How many of the batch do is compared with that tenth by a one-sided test at 0.05, corrected for the
number of measures (Bonferroni). The percentiles are order statistics of N recordings, so the true
share outside is Beta(0.1 (N + 1), 0.9 (N + 1)), and the count in the batch beta-binomial: exact for
few recordings too (a normal approximation gave a false warning for one batch in ten of twenty). A
warning also needs a fifth of the batch outside: in thousands of recordings, irrelevant differences
are significant too.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pydantic import Field

from paralbench.records.bundle import Manifest, Reference
from paralbench.records.card import Card
from paralbench.records.screened import Row
from paralbench.statistics.bootstrap import wilson

FEWEST = 20
"""Recordings needed for a judgement."""
_OUTSIDE = 0.10
_LEAST = 0.20
_LEVEL = 0.05
_FAR, _SEVERAL = 0.05, 3
"""A warning needs this share outside the validated range at 95 % confidence, and this many."""


class Measure(Card):
    """One measure: its median here and in validation, and the share outside the percentiles."""

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
    """The judgement; ``unjudged`` is why there is none.

    ``far`` is the share of recordings outside the range in which the screener predicts.
    """

    recordings: int
    measures: list[Measure] = Field(default_factory=list)
    far: float | None = None
    unjudged: str = ""
    warns: bool = False


def drift(manifest: Manifest, rows: Sequence[Row]) -> Drift:
    """Compare the recordings that passed the quality gate with those of validation."""
    passed = [row for row in rows if row.assessment.status != "not scored"]
    distances = _values("distance", passed)
    outside = sum(distance > 1 for distance in distances)
    many = outside >= _SEVERAL and wilson(outside / len(distances), len(distances))[0] > _FAR
    unjudged, measures, reference = "", [], manifest.reference
    if len(passed) < FEWEST:
        unjudged = (
            f"Fewer than {FEWEST} recordings passed the quality gate; that is too few to judge "
            "whether they are like those of validation."
        )
    elif reference is None:
        unjudged = (
            "The bundle has no statistics of the validation recordings; only those outside the "
            "validated range can be counted."
        )
    else:
        samples = {name: _values(name, passed) for name in sorted(reference.measures)}
        known = {name: values for name, values in samples.items() if len(values) >= FEWEST}
        measures = [_measure(name, values, reference, len(known)) for name, values in known.items()]
    return Drift(
        recordings=len(passed),
        measures=measures,
        far=outside / len(distances) if distances else None,
        unjudged=unjudged,
        warns=many or any(measure.warns for measure in measures),
    )


def _measure(name: str, values: Sequence[float], reference: Reference, tests: int) -> Measure:
    from scipy import stats  # slow to import, and only needed for 20 recordings or more

    low, _, middle, _, high = reference.measures[name]
    outside, prior = sum(not low <= value <= high for value in values), reference.recordings + 1
    share = outside / len(values)
    p = stats.betabinom.sf(outside - 1, len(values), _OUTSIDE * prior, (1 - _OUTSIDE) * prior)
    return Measure(
        name=name,
        recordings=len(values),
        low=low,
        high=high,
        validated=middle,
        median=median(values),
        beyond=share,
        p=float(p),
        warns=bool(p < _LEVEL / tests and share >= _LEAST),
    )


def _values(name: str, rows: Sequence[Row]) -> list[float]:
    """A measure of each recording on which it could be taken."""
    values = (
        getattr(row.assessment if name == "distance" else row.assessment.quality, name, None)
        for row in rows
    )
    return [float(value) for value in values if isinstance(value, int | float)]
