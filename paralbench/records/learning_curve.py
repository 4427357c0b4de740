"""The learning curve of an entry: its scores with fewer speakers or labels to train on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card, Identifier
from paralbench.records.interval import Interval

By = Literal["speakers", "labels"]


class CurvePoint(Card):
    """The ranking metric of heads fitted on a part of the training side, on the same test sides.

    ``size`` counts speakers, or labels of each class, of the largest training side; ``examples`` is
    the mean number of examples of a fit, development included; ``value`` is the mean of ``by_draw``.
    With all speakers or labels there is nothing to draw, and ``by_draw`` has the seeds instead.
    """

    by: By
    size: int = Field(ge=1)
    everything: bool
    examples: float
    value: float
    interval: Interval
    by_draw: list[float] = Field(min_length=1)


class SizeLeftOut(Card):
    """A size at which the head cannot be fitted, and why."""

    by: By
    size: int
    reason: str


class LearningCurve(Card):
    """The points of an entry, by what is drawn and by size; chance is what guessing scores."""

    schema_version: Literal[1]
    task: Identifier
    task_version: int
    model: Identifier
    head: Identifier
    seeds: list[int]
    fingerprint: str
    synthetic: bool
    metric: str
    metric_version: int
    chance: float | None
    points: list[CurvePoint]
    left_out: list[SizeLeftOut] = Field(default_factory=list)
