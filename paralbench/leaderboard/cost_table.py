"""A profile for the terminal: a line, or tables."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.leaderboard.efficiency_index import FLOOR, SECONDS, VERSION, efficiency, paid
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
    ]
    return "\n\n".join(blocks) + "\n\n" + "\n".join([*_paid(profile), *_facts(profile)])


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
        costs = (ratio.macs, ratio.latency, ratio.memory, ratio.size)
        rows.append(
            (
                ratio.reference, f"{ratio.seconds:g} s",
                *(_UNMEASURED if cost is None else f"{cost:.3g}" for cost in costs),
            )
        )  # fmt: skip
    names = ("over the reference", "clip", "MACs", "latency", "memory", "size")
    return columns(names, rows, terminal_width())


def _paid(profile: Profile) -> list[str]:
    """What an hour of audio costs, and the efficiency index."""
    cost, against = paid(profile), efficiency(profile)
    if cost is None or against is None:
        return [
            f"efficiency index (version {VERSION}): none, no clip of {SECONDS:g} s was measured"
        ]
    work = "joules unavailable" if cost.joules is None else f"{prefixed(cost.joules)} J"
    macs = cost.macs_are if cost.macs is None else f"{prefixed(cost.macs)} MACs ({cost.macs_are})"
    memory = "unmeasured" if cost.memory is None else binary(cost.memory)
    lines = [
        f"an hour of audio: {seconds(cost.seconds)}, {work}, {macs}; {memory} of memory above the "
        f"empty process; {binary(cost.shipping)} to ship"
    ]
    title = f"efficiency index (version {VERSION}) against {against.reference}"
    if against.value is None:
        return [*lines, f"{title}: none, without {' and '.join(against.missing)}"]
    bounds = against.interval
    interval = "" if bounds is None else f" [{bounds[0]:.3g}, {bounds[1]:.3g}]"
    parts = ", ".join(f"{axis} {ratio:.3g}" for axis, ratio in against.ratios.items() if ratio)
    return [
        *lines,
        f"{title}: {against.value:.3g}{interval}; cost ratios: {parts} (computing by seconds and "
        f"{against.energy}; memory and shipping with {binary(FLOOR)} added to both sides)",
    ]


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
