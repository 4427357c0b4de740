"""An interval, wherever a number is told with its uncertainty."""

from __future__ import annotations

from pydantic import Field

from paralbench.records.card import Card


class Interval(Card):
    """A two-sided interval at ``level``, and how it was made."""

    low: float
    high: float
    level: float = Field(gt=0, lt=1)
    method: str
    clusters: int = Field(ge=1)
