"""A profile for the terminal: a line, or tables."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.leaderboard.costs import SECONDS
from paralbench.leaderboard.efficiency import VERSION, index_of
from paralbench.records.profile import Cost, Part, Profile, Ratios
from paralbench.system.quantity import binary, prefixed, seconds
from paralbench.system.text_table import columns, terminal_width

_HEADINGS = (
    "part",
    "clip",
    "MACs / s",
    "p50",
    "p95",
    "p99",
    "real-time factor",
    "memory",
    "energy",
)
_UNMEASURED = "-"


def line(profile: Profile) -> str:
    """The entry's cost on a clip of ten seconds, or of the first length measured, in one line."""
    entry = profile.parts["entry"]
    cost = entry.at(SECONDS) or entry.costs[0]
    macs = (
        "MACs uncounted"
        if cost.macs is None
        else f"{prefixed(cost.macs / cost.seconds)} MACs a second"
    )
    peak = profile.memory.at(cost.seconds)
    memory = "" if peak is None else f", {binary(peak.whole)} of memory"
    return (
        f"of {cost.seconds:g} s: {macs}, {seconds(cost.latency.p50)} (real-time factor "
        f"{cost.real_time_factor:.3g}){memory}, {binary(entry.size)} on disk; {profile.noise.verdict}"
    )


def tables(profile: Profile) -> str:
    """The whole profile as tables."""
    parts = profile.parts
    rows = [
        _row(name if cost is part.costs[0] else "", cost)
        for name, part in parts.items()
        for cost in part.costs
    ]
    sizes = [
        (name, prefixed(part.frozen), prefixed(part.trained), binary(part.size),
         part.uncounted or part.counted, _growth(part))
        for name, part in parts.items()
    ]  # fmt: skip
    blocks = [
        columns(_HEADINGS, rows, terminal_width()),
        columns(
            ("part", "frozen", "trained", "size", "MACs are", "grows with clip length as"), sizes
        ),
        _ratios(profile.ratios),
        *_facts(profile),
    ]
    return "\n\n".join(blocks[:3]) + "\n\n" + "\n".join(blocks[3:])


def _row(name: str, cost: Cost) -> Sequence[str]:
    tails = (cost.latency.p50, cost.latency.p95, cost.latency.p99)
    return (
        name,
        f"{cost.seconds:g} s",
        _UNMEASURED if cost.macs is None else prefixed(cost.macs / cost.seconds),
        *(_UNMEASURED if latency is None else seconds(latency) for latency in tails),
        f"{cost.real_time_factor:.3g}",
        _UNMEASURED if cost.memory is None else binary(cost.memory),
        _UNMEASURED if cost.energy is None else f"{cost.energy:.3g} J",
    )


def _growth(part: Part) -> str:
    powers = {"latency": part.growth.latency, "memory": part.growth.memory}
    known = [f"{cost} ^{power:.2f}" for cost, power in powers.items() if power is not None]
    return ", ".join(known) or _UNMEASURED


def _ratios(ratios: Sequence[Ratios]) -> str:
    rows = []
    for ratio in ratios:
        index = index_of(ratio)
        costs = (ratio.macs, ratio.latency, ratio.memory, ratio.size)
        rows.append(
            (
                ratio.reference, f"{ratio.seconds:g} s",
                *(_UNMEASURED if cost is None else f"{cost:.3g}" for cost in costs),
                _UNMEASURED if index is None else f"{index:.3g}",
            )
        )  # fmt: skip
    names = ("over the reference", "clip", "MACs", "latency", "memory", "size",
             f"efficiency index (version {VERSION})")  # fmt: skip
    return columns(names, rows, terminal_width())


def _facts(profile: Profile) -> list[str]:
    machine, memory, noise = profile.machine, profile.memory, profile.noise
    facts = [
        f"machine: {machine.hardware_class}; latency on {machine.threads} thread; governor "
        f"{machine.governor}",
        f"memory: {binary(memory.baseline)} before anything is loaded, {binary(memory.loading)} at most "
        f"while loading, {binary(memory.loaded)} loaded; whole process at most "
        + ", ".join(f"{binary(peak.whole)} ({peak.seconds:g} s)" for peak in memory.peaks),
        f"energy: {profile.energy}",
    ]
    throughput = profile.throughput
    if throughput is not None:
        facts.append(
            f"throughput: {throughput.best:.4g} s of audio a second (real-time factor "
            f"{throughput.real_time_factor:.3g}), {throughput.at_once} at once, {throughput.seconds:g} s each"
        )
    left_out = profile.parts["entry"].not_measured
    facts += [f"not measured: {length} s: {reason}" for length, reason in left_out.items()]
    for other in profile.references:
        lengths = ", ".join(f"{length} s ({why})" for length, why in other.not_measured.items())
        if lengths:
            facts.append(f"not measured of {other.name}: {lengths}")
    facts.append(f"noise: {noise.verdict}" + "".join(f"; {reason}" for reason in noise.reasons))
    if profile.training is not None:
        cost = profile.training
        facts.append(f"training of the head: {cost.seconds:.1f} s for {cost.fits} fits")
    return facts
