"""The profile of an entry: memory first, then time, energy and counts, as one record."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from paralbench.profiler import clips, latency, measuring, memory, profile_cache
from paralbench.profiler.growth import growth
from paralbench.profiler.machine import machine
from paralbench.profiler.measuring import Job, Measured, Measurements, Sample
from paralbench.profiler.references import references
from paralbench.profiler.subject import Subject
from paralbench.records.errors import ParalbenchError
from paralbench.records.profile import (
    Cost,
    Machine,
    Memory,
    Part,
    PartName,
    Profile,
    Ratios,
    Reference,
)
from paralbench.system.processes import in_fresh_process

_PATIENCE = 0.1
"""Share of the budget that one pass may take while memory is measured; a reference's half of it."""


def profile(
    subject: Subject,
    cache: Path,
    *,
    budget: float,
    lengths: Sequence[float] = clips.LENGTHS,
    again: bool = False,
    beside: Mapping[str, Subject] | None = None,
    say: Callable[[str], None] = lambda words: None,
) -> Profile:
    """What an entry costs, beside the reference entries.

    Args:
        subject: the entry.
        cache: folder where profiles are stored.
        budget: seconds for all of it, from starting the first process, except the references' memory,
            which is measured once a machine; lengths that do not fit are named, with the reason. Only
            the clip of comparison is measured however long it takes.
        lengths: of the reference clips, in seconds.
        again: measure even where an unchanged profile is stored.
        beside: what to compare with, instead of the two references.
        say: receives messages for the user.

    Raises:
        ParalbenchError: where the entry cannot be loaded, or no clip was short enough to be measured.
    """
    this_machine = machine(subject.device)
    asked = tuple(sorted(set(lengths)))
    name = profile_cache.key(subject, this_machine, asked)
    stored = None if again else profile_cache.load(Profile, cache, name)
    if stored is not None:
        say(f"{subject.name}: unchanged since {stored.created}; that profile is used.")
        return stored
    others = references(subject.device) if beside is None else beside
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        files = clips.write(Path(folder), asked)
        patience = _PATIENCE * budget
        memories = {subject.name: in_fresh_process(memory.measure, subject, files, patience)}
        once = time.monotonic()
        for reference, other in others.items():
            memories[reference] = _memory(other, files, patience / 2, this_machine, asked, cache)
        began += time.monotonic() - once  # measured once a machine, not at the entry's expense
        estimates = {
            name: {peak.seconds: peak.elapsed for peak in memory_of.peaks}
            for name, memory_of in memories.items()
        }
        if not estimates[subject.name]:
            reasons = "; ".join(dict.fromkeys(memories[subject.name].not_measured.values()))
            raise ParalbenchError(f"{subject.name}: none of the clips can be encoded ({reasons}).")
        deadline = time.time() + budget - (time.monotonic() - began)
        subjects = {**others, subject.name: subject}
        job = Job(subjects, subject.name, files, estimates, budget, deadline)
        measured = in_fresh_process(measuring.measure, job)
    made = _profile(name, subject.name, this_machine, measured, memories, budget, began)
    profile_cache.save(made, cache, name)
    return made


def _memory(
    reference: Subject,
    files: Mapping[float, Path],
    patience: float,
    this_machine: Machine,
    asked: tuple[float, ...],
    cache: Path,
) -> Memory:
    """A reference's memory does not change from run to run: measured once a machine."""
    name = profile_cache.key(reference, this_machine, (*asked, patience))
    stored = profile_cache.load(Memory, cache, name)
    if stored is None:
        stored = in_fresh_process(memory.measure, reference, files, patience)
        profile_cache.save(stored, cache, name)
    return stored


def _profile(
    key: str,
    name: str,
    this_machine: Machine,
    measured: Measurements,
    memories: Mapping[str, Memory],
    budget: float,
    began: float,
) -> Profile:
    entry, held = measured.entries[name], memories[name]
    parts = _parts(entry, held)
    others = {
        other: _reference(other, measured.entries[other], memories[other])
        for other in measured.entries
        if other != name
    }
    return Profile(
        method=profile_cache.METHOD,
        key=key,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        budget=budget,
        elapsed=round(time.monotonic() - began, 1),
        machine=this_machine,
        noise=measured.noise,
        parts=parts,
        memory=held,
        throughput=measured.throughput,
        references=list(others.values()),
        ratios=[
            _ratios(parts["entry"], held, other, seconds, entry, measured.entries[other.name])
            for other in others.values()
            for seconds in sorted(entry.turns.keys() & measured.entries[other.name].turns.keys())
        ],
        energy=measured.energy,
    )


_TIMES: dict[PartName, Callable[[Sample], float]] = {
    "encoder": lambda sample: sample.encoder,
    "head-trained": lambda sample: sample.trained,
    "head-deployed": lambda sample: sample.deployed,
    "entry": lambda sample: sample.entry,
}


def _parts(entry: Measured, held: Memory) -> dict[PartName, Part]:
    left_out = _left_out(entry, held)
    shape: dict[PartName, tuple[int, int, int]] = {
        "encoder": (entry.frozen, 0, entry.encoder_size),
        "head-trained": (0, entry.trained, entry.trained_size),
        "head-deployed": (0, entry.deployed, entry.deployed_size),
        "entry": (entry.frozen, entry.deployed, entry.encoder_size + entry.deployed_size),
    }
    parts: dict[PartName, Part] = {}
    for name, (frozen, trained, size) in shape.items():
        costs = _costs(name, entry, held)
        counted, uncounted = _counted(name, entry)
        parts[name] = Part(
            frozen=frozen,
            trained=trained,
            size=size,
            counted=counted,
            uncounted=uncounted,
            costs=costs,
            not_measured=left_out,
            growth=growth(costs),
        )
    return parts


def _costs(part: PartName, entry: Measured, held: Memory) -> list[Cost]:
    """Of one part at every length that was measured."""
    costs = []
    for seconds, turns in sorted(entry.turns.items()):
        samples = [sample for turn in turns for sample in turn]
        peak = held.at(seconds)
        joules = [sample.joules for sample in samples if sample.joules is not None]
        metered = part == "entry" and joules
        costs.append(
            Cost(
                seconds=seconds,
                macs=_macs(part, entry, seconds),
                latency=latency.timing([_TIMES[part](sample) for sample in samples]),
                memory=None if peak is None else peak.parts[part],
                energy=float(f"{sum(joules) / len(joules):.4g}") if metered else None,
            )
        )
    return costs


def _macs(part: PartName, entry: Measured, seconds: float) -> int | None:
    trained, deployed = entry.head_macs[seconds]
    encoder = None if entry.count.macs is None else entry.count.macs[seconds]
    if part == "entry":
        return None if encoder is None or deployed is None else encoder + deployed
    return {"encoder": encoder, "head-trained": trained, "head-deployed": deployed}[part]


_UNCOUNTED_HEAD = "uncounted: torch sees no product in the head"


def _counted(part: PartName, entry: Measured) -> tuple[str, str]:
    """How the part's MACs were counted, and why they were not."""
    head = "" if all(None not in counts for counts in entry.head_macs.values()) else _UNCOUNTED_HEAD
    if part in ("head-trained", "head-deployed"):
        return ("", head) if head else ("counted in torch", "")
    if part == "entry" and head:
        return "", "; ".join(filter(None, (entry.count.why_not, head)))
    return entry.count.how, entry.count.why_not


def _left_out(entry: Measured, held: Memory) -> dict[str, str]:
    """Every length that was asked for and not measured, and why."""
    reasons = held.not_measured | {f"{at:g}": why for at, why in entry.left_out.items()}
    return dict(sorted(reasons.items(), key=lambda item: float(item[0])))


def _reference(name: str, entry: Measured, held: Memory) -> Reference:
    return Reference(
        name=name,
        size=entry.encoder_size + entry.deployed_size,
        costs=_costs("entry", entry, held),
        memory=held,
        not_measured=_left_out(entry, held),
    )


def _ratios(
    ours: Part,
    held: Memory,
    reference: Reference,
    seconds: float,
    entry: Measured,
    other: Measured,
) -> Ratios:
    theirs = next(cost for cost in reference.costs if cost.seconds == seconds)
    mine = ours.at(seconds)
    assert mine is not None
    times = [
        [[sample.entry for sample in turn] for turn in side.turns[seconds]]
        for side in (entry, other)
    ]
    peaks = held.at(seconds), reference.memory.at(seconds)
    return Ratios(
        reference=reference.name,
        seconds=seconds,
        macs=_over(mine.macs, theirs.macs),
        latency=_rounded(latency.ratio(*times)),
        memory=_over(*(None if peak is None else peak.whole for peak in peaks)),
        size=_over(ours.size, reference.size),
    )


def _over(ours: float | None, theirs: float | None) -> float | None:
    return _rounded(ours / theirs) if ours and theirs else None


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else float(f"{ratio:.5g}")
