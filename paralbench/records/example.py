"""Clip and Example: what is listened to, and what is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of one audio file.

    Args:
        path: the audio file.
        start: where the stretch begins, in seconds.
        end: where it ends, in seconds; None for the end of the file.
        channel: which channel to hear, from 0; None for the mean of all.
    """

    path: Path
    start: float = 0.0
    end: float | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A target that moves: one value every ``1 / rate`` seconds, the first at time 0."""

    rate: float
    values: NDArray[np.float64]


Label = str | float | Series


@dataclass(frozen=True, slots=True)
class Example:
    """The unit that is scored: an utterance with one Clip, a participant with hundreds.

    Args:
        id: unique within the corpus.
        clips: in the order in which they were spoken.
        labels: everything the corpus says of it, by name ("emotion", "valence", "phq8").
        groups: what must not cross folds, by name ("speaker", "session", "text").
        attributes: what subgroup tables are made of ("sex", "age", "language", "site").
        partition: the part of an official split it belongs to, where there is one.
        source: where the label stands, "file:line", for messages.
        errata: ids of the corpus card's errata that were applied to it.
    """

    id: str
    clips: tuple[Clip, ...]
    labels: Mapping[str, Label] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    partition: str | None = None
    source: str = ""
    errata: tuple[str, ...] = ()

    def group(self, name: str) -> str:
        """The group it belongs to under ``name``; without one it is a group by itself."""
        if name == "partition" and self.partition is not None:
            return self.partition
        return self.groups.get(name, f"\0{self.id}")

    def value(self, name: str) -> str | None:
        """What is said of it under ``name``: its partition, an attribute, a group or a label."""
        if name == "partition":
            return self.partition
        for told in (self.attributes, self.groups, self.labels):
            if name in told:
                return str(told[name])
        return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that was not used, and why, in words for the person who can mend it.

    ``erratum`` names the corpus card's erratum that foretold it: such an input is missing from
    every copy of the corpus, and does not make a result incomplete.
    """

    subject: str
    reason: str
    where: str = ""
    erratum: str = ""

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.subject}: {self.reason}{place}"
