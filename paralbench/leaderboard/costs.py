"""What an entry costs, as the board compares it: on a clip of ten seconds, whole entry, deployable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paralbench.leaderboard.efficiency_index import SECONDS, Efficiency, Paid, efficiency, paid
from paralbench.records.profile import Profile
from paralbench.records.result import Result

UNKNOWN = "not profiled"
"""The hardware of an entry without costs."""


@dataclass(frozen=True)
class Costs:
    """One entry's costs; None where they were not measured.

    Args:
        hardware: the class of machine; costs are compared within one only.
        parameters: frozen and trained.
        macs: multiply-accumulates a second of audio.
        real_time_factor: median seconds of computing a second of audio, one clip at a time.
        memory: peak resident set of the process in bytes.
        size: bytes on disk.
        profile: of which the efficiency index is made.
    """

    hardware: str
    parameters: int
    macs: float | None = None
    real_time_factor: float | None = None
    memory: int | None = None
    size: int | None = None
    profile: Profile | None = None

    @property
    def paid(self) -> Paid | None:
        """What a user pays for an hour of audio."""
        return None if self.profile is None else paid(self.profile)

    @property
    def efficiency(self) -> Efficiency | None:
        """The parts of the efficiency index."""
        return None if self.profile is None else efficiency(self.profile)


@dataclass(frozen=True)
class Axis:
    """A cost that scores are drawn against."""

    name: str
    title: str
    read: Callable[[Costs], float | None]


COSTS = (
    Axis("macs", "MACs a second of audio", lambda costs: costs.macs),
    Axis(
        "latency",
        "Real-time factor (median, one clip of 10 s)",
        lambda costs: costs.real_time_factor,
    ),
    Axis("memory", "Peak memory in bytes", lambda costs: costs.memory),
    Axis("parameters", "Parameters", lambda costs: costs.parameters or None),
)


def costs(result: Result) -> Costs:
    """The costs in a result's profile."""
    parameters = result.model.parameters + result.training.trained_parameters
    profile = result.profile
    if profile is None or "entry" not in profile.parts:
        return Costs(UNKNOWN, parameters)
    entry = profile.parts["entry"]
    cost, peak = entry.at(SECONDS), profile.memory.at(SECONDS)
    return Costs(
        hardware=profile.machine.hardware_class,
        parameters=parameters,
        macs=None if cost is None else cost.macs_per_second,
        real_time_factor=None if cost is None else cost.real_time_factor,
        memory=None if peak is None else peak.whole,
        size=entry.size,
        profile=profile,
    )
