"""The recorded facts in which two runs of an entry differ and that may explain another score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paralbench.records.result import Model, Result

Kind = Literal["task", "data", "weights", "settings", "seeds", "code", "packages", "hardware"]


@dataclass(frozen=True)
class Departure:
    """A fact with its value when the result was made and its value now."""

    kind: Kind
    what: str
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} was {self.recorded}, is {self.now}"


def departures(recorded: Result, now: Result) -> list[Departure]:
    """All differing facts, those with the largest effect on scores first."""
    facts: list[tuple[Kind, str, Any, Any]] = []

    def digests(kind: Kind, what: str, before: str, after: str) -> None:
        facts.append((kind, what, before[:12], after[:12]))

    def tables(
        kind: Kind, what: str, before: Mapping[str, Any], after: Mapping[str, Any], missing: str
    ) -> None:
        for name in sorted(before.keys() | after.keys()):
            values = before.get(name, missing), after.get(name, missing)
            facts.append((kind, what.format(name), *values))

    old, new = recorded.provenance, now.provenance
    encoders = list(zip(_encoders(recorded.model), _encoders(now.model), strict=False))
    facts.append(("task", "the card's version", recorded.task_version, now.task_version))
    digests("task", "the card's digest", old.task_card, new.task_card)
    digests("data", "the fingerprint", recorded.data.fingerprint, now.data.fingerprint)
    facts.append(("data", "the number of scored examples", recorded.data.scored, now.data.scored))
    fractions = recorded.audio.fraction, now.audio.fraction
    facts.append(("data", "the fraction of audio processed", *fractions))
    for before, after in encoders:
        digests("weights", before.id, before.weights, after.weights)
        facts.append(("settings", f"the input policy of {before.id}", before.policy, after.policy))
        placements = before.placement, after.placement
        facts.append(("settings", f"the placement of {before.id}", *placements))
    settings = recorded.training.settings, now.training.settings
    tables("settings", "the head's '{}'", *settings, "unset")
    facts.append(("seeds", "the seeds", recorded.seeds, now.seeds))
    facts.append(("code", "paralbench", old.paralbench, new.paralbench))
    digests("code", "the engine's digest", old.engine, new.engine)
    for before, after in encoders:
        digests("code", f"the identity of {before.id}", before.encoder, after.encoder)
    facts.append(("packages", "Python", old.python, new.python))
    tables("packages", "{}", old.packages, new.packages, "not installed")
    tables("hardware", "{}", old.hardware, new.hardware, "unknown")
    return [
        Departure(kind, what, str(before), str(after))
        for kind, what, before, after in facts
        if before != after
    ]


def _encoders(model: Model) -> list[Model]:
    return model.streams or [model]
