"""Clip and Example: a segment of audio, and the unit that is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Clip:
    """A segment of an audio file.

    Args:
        path: the audio file.
        start: in seconds.
        end: in seconds; None for the end of the file.
        channel: channel to use, from 0; None for the mean of all.
    """

    path: Path
    start: float = 0.0
    end: float | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A time series target: a value every ``1 / rate`` seconds, the first at time 0."""

    rate: float
    values: NDArray[np.float64]


Label = str | float | Series


@dataclass(frozen=True, slots=True)
class Example:
    """The unit that is scored: an utterance with one Clip, a participant with hundreds.

    Args:
        id: unique within the corpus.
        clips: in temporal order.
        labels: by name ("emotion", "valence", "phq8").
        groups: groups that must not cross folds, by name ("speaker", "session", "text").
        attributes: for subgroup tables ("sex", "age", "language", "site").
        partition: its part of an official split, if any.
        source: place of the label, "file:line", for messages.
        errata: ids of the corpus card's errata that were applied.
        votes: by name of a label, how many choices of raters fell on each of its values.
    """

    id: str
    clips: tuple[Clip, ...]
    labels: Mapping[str, Label] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    partition: str | None = None
    source: str = ""
    errata: tuple[str, ...] = ()
    votes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def group(self, name: str) -> str:
        """Its group under ``name``; without one, a group that contains only this example."""
        if name == "partition" and self.partition is not None:
            return self.partition
        return self.groups.get(name, f"\0{self.id}")

    def value(self, name: str) -> str | None:
        """Its partition, attribute, group or label of this name; None if unknown."""
        if name == "partition":
            return self.partition
        for values in (self.attributes, self.groups, self.labels):
            if name in values:
                return str(values[name])
        return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that was not used, and a reason that its owner can act on.

    ``erratum`` names the corpus card's erratum that announces it: such an input is missing from all
    copies of the corpus and does not make a result incomplete. ``listed`` is the Example that the
    corpus lists, where its label and groups are known and only its audio cannot be used; folds are
    dealt as if it were there.
    """

    subject: str
    reason: str
    where: str = ""
    erratum: str = ""
    listed: Example | None = None

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.subject}: {self.reason}{place}"
