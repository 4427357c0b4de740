"""conformance.json: what the conformance kit says of a model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card, Identifier

Outcome = Literal["passed", "failed", "not applicable"]


class Check(Card):
    """One check: its outcome, one sentence, and the number it came from where there is one."""

    name: Identifier
    outcome: Outcome
    sentence: str
    measured: float | None = None


class Verdict(Card):
    """All checks of one model: which encoder (its identity), by which engine, on what."""

    schema_version: Literal[1]
    model: Identifier
    encoder: str
    checks: list[Check] = Field(min_length=1)
    paralbench: str
    engine: str
    packages: dict[str, str]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    @property
    def failed(self) -> list[Check]:
        """What failed."""
        return [check for check in self.checks if check.outcome == "failed"]
