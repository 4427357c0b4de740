"""In what two runs of one entry differ: what may explain another score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from paralbench.records.result import Model, Result

Kind = Literal["task", "data", "weights", "settings", "seeds", "code", "packages", "hardware"]


@dataclass(frozen=True)
class Departure:
    """Something that was one thing when the result was made and is another now."""

    kind: Kind
    what: str
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} was {self.recorded}, is {self.now}"


def departures(recorded: Result, now: Result) -> list[Departure]:
    """Every difference, what weighs most first."""
    return [Departure(*one) for one in _differences(recorded, now)]


def _differences(one: Result, two: Result) -> Iterator[tuple[Kind, str, str, str]]:
    yield from _if("task", "the card's version", one.task_version, two.task_version)
    yield from _if(
        "task", "the card's digest", _short(one.provenance.task_card), _short(two.provenance.task_card)
    )  # fmt: skip
    yield from _if(
        "data", "the fingerprint", _short(one.data.fingerprint), _short(two.data.fingerprint)
    )
    yield from _if("data", "the number of scored examples", one.data.scored, two.data.scored)
    yield from _if("data", "the fraction of audio heard", one.audio.fraction, two.audio.fraction)
    for before, after in zip(_encoders(one.model), _encoders(two.model), strict=False):
        name = before.id
        yield from _if("weights", name, _short(before.weights), _short(after.weights))
        yield from _if("settings", f"how {name} is fed", before.policy, after.policy)
        yield from _if("settings", f"how {name} is computed", before.placement, after.placement)
    ours, theirs = one.training.settings, two.training.settings
    for key in sorted(ours.keys() | theirs.keys()):
        yield from _if(
            "settings", f"the head's '{key}'", ours.get(key, "unset"), theirs.get(key, "unset")
        )
    yield from _if("seeds", "the seeds", one.seeds, two.seeds)
    before_code, after_code = one.provenance, two.provenance
    yield from _if("code", "paralbench", before_code.paralbench, after_code.paralbench)
    yield from _if(
        "code", "the engine's digest", _short(before_code.engine), _short(after_code.engine)
    )
    for before, after in zip(_encoders(one.model), _encoders(two.model), strict=False):
        yield from _if(
            "code", f"the identity of {before.id}", _short(before.encoder), _short(after.encoder)
        )
    yield from _if("packages", "Python", before_code.python, after_code.python)
    installed, here = before_code.packages, after_code.packages
    for name in sorted(installed.keys() | here.keys()):
        yield from _if(
            "packages", name, installed.get(name, "not there"), here.get(name, "not there")
        )
    machine, this = before_code.hardware, after_code.hardware
    for name in sorted(machine.keys() | this.keys()):
        yield from _if("hardware", name, machine.get(name, "unsaid"), this.get(name, "unsaid"))


def _if(kind: Kind, what: str, recorded: Any, now: Any) -> Iterator[tuple[Kind, str, str, str]]:
    if recorded != now:
        yield kind, what, str(recorded), str(now)


def _encoders(model: Model) -> list[Model]:
    return model.streams or [model]


def _short(digest: str) -> str:
    return digest[:12]
