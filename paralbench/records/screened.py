"""Screened: what a run found of one recording, a line of its journal and a row of its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from paralbench.records.assessment import Assessment
from paralbench.records.card import Card


class Screened(Card):
    """One recording as the journal keeps it: all that cost work, and what it was made from.

    ``id`` is the recording's, or its pseudonym; ``start``, ``end`` and ``channel`` are its clip's;
    ``sha256`` is that of the whole audio file, None where it could not be read. ``sketch`` is the
    outline of its wave, the largest sample of each of some equal parts in per cent of full scale;
    ``seconds`` is how long it took.
    """

    id: str
    start: float = 0.0
    end: float | None = None
    channel: int | None = None
    sha256: str | None
    assessment: Assessment
    sketch: list[int] = Field(default_factory=list)
    seconds: float = Field(default=0.0, ge=0)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the report: what was found, beside what the list says of the recording.

    Args:
        screened: what was found; its id is what the report calls the recording.
        path: the audio file; None in a report with pseudonyms, and for a line that names none.
        truth: the value in the column of truth.
        patient: whose recording it is, where a column tells.
        attributes: the list's other columns.
    """

    screened: Screened
    path: str | None = None
    truth: str | None = None
    patient: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What the report calls the recording."""
        return self.screened.id

    @property
    def assessment(self) -> Assessment:
        """What the screener says of it."""
        return self.screened.assessment
