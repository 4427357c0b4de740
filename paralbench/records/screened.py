"""Screened: a recording's result, as a line of the journal and a row of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from paralbench.records.assessment import Assessment
from paralbench.records.card import Card


class Screened(Card):
    """A recording's result in the journal, with its input.

    ``id`` is the recording's, or its pseudonym; ``start``, ``end`` and ``channel`` are its clip's;
    ``sha256`` is that of the whole audio file, None if unreadable. ``sketch`` is the
    outline of its waveform: the peak of equal parts in per cent of full scale; ``seconds`` is the
    processing time; ``recorded`` when the file's metadata say that it was made;
    ``group`` is the value of the attribute by which conformal sets differ.
    """

    id: str
    start: float = 0.0
    end: float | None = None
    channel: int | None = None
    sha256: str | None
    assessment: Assessment
    sketch: list[int] = Field(default_factory=list)
    seconds: float = Field(default=0.0, ge=0)
    recorded: str | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the report: a result with the recording's data in the list.

    Args:
        screened: the result; its id identifies the recording in the report.
        path: the audio file; None in a report with pseudonyms, or if unnamed.
        truth: the value in the column of truth.
        patient: the recorded person, if a column names them.
        attributes: the list's other columns.
    """

    screened: Screened
    path: str | None = None
    truth: str | None = None
    patient: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The recording's id in the report."""
        return self.screened.id

    @property
    def assessment(self) -> Assessment:
        """The screener's assessment."""
        return self.screened.assessment
