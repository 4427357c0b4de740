"""What the batch needs of a screener: its card, its hash, and an assessment for each recording."""

from __future__ import annotations

from typing import Protocol

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.screener.recordings import Recording


class Assessor(Protocol):
    """A bundle that was opened. ``assess`` raises nothing: what is wrong with a recording is told."""

    @property
    def manifest(self) -> Manifest:
        """All that the screener says of itself."""

    @property
    def sha256(self) -> str:
        """The bundle's hash."""

    def assess(self, recording: Recording) -> Assessment:
        """Assess one recording, in memory that does not grow with its length."""
