"""Scores of some of the test examples: those of one sex, age band, language or site."""

from __future__ import annotations

from pydantic import Field, model_validator

from paralbench.records.card import Card
from paralbench.records.interval import Interval

UNKNOWN = "unknown"
"""The value of an attribute that is not known; it takes no part in a gap."""


class Cell(Card):
    """The examples that share one value of an attribute.

    ``score`` is the mean over seeds. Without a score or an interval, ``reason`` says why; a cell that
    is too small has neither.
    """

    value: str
    examples: int = Field(ge=1)
    clusters: int = Field(ge=1)
    score: float | None = None
    interval: Interval | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _told_why(self) -> Cell:
        if (self.score is None or self.interval is None) != bool(self.reason):
            raise ValueError("a cell has a score with an interval, or a reason why not")
        return self


class Gap(Card):
    """The largest score of an attribute's known values minus the smallest.

    The interval allows for the selection of these two among many. In sensitivity this is the
    equal-opportunity gap, in expected calibration error the calibration gap.
    """

    high: str
    low: str
    difference: float = Field(ge=0)
    interval: Interval


class Subgroup(Card):
    """A metric for each value of an attribute, "unknown" included."""

    attribute: str
    metric: str
    version: int
    cells: list[Cell] = Field(min_length=1)
    gap: Gap | None = None
