"""conformance.json: the conformance kit's findings for a model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card, Identifier, Sentence

Outcome = Literal["passed", "failed", "not applicable"]


class Finding(Card):
    """The outcome of a check, as a sentence and, if available, a number."""

    check: Identifier
    outcome: Outcome
    sentence: Sentence
    measured: float | None = None


class Verdict(Card):
    """All checks of one encoder; ``encoder`` is its identity in results."""

    schema_version: Literal[1] = 1
    model: Identifier
    encoder: str
    findings: list[Finding] = Field(min_length=1)
    paralbench: str
    packages: dict[str, str]
    seconds: float = Field(ge=0)

    @property
    def failed(self) -> list[Finding]:
        """The checks that failed."""
        return [finding for finding in self.findings if finding.outcome == "failed"]
