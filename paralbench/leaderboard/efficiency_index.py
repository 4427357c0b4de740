"""The efficiency index: what an entry costs its user, as one number relative to a reference entry.

Efficiency index, version 2: the weighted geometric mean, over computing, memory and shipping, of the
reference's cost over the entry's. 1 costs as much as the reference, 2 half as much; the score does not
enter. Costs are of clips of 10 s:

- computing: the geometric mean of the ratios of seconds and of joules. Where one of the two entries has
  no joules, MACs stand for them. Both are views of the same work, so they share one weight.
- memory: the peak of the process above the empty one, and the GPU's allocator.
- shipping: the bytes of weights and head.

Memory and shipping have a floor: differences far below it decide nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from paralbench.records.profile import Cost, Memory, Profile

VERSION = 2
SECONDS = 10.0
AXES = ("computing", "memory", "shipping")
WEIGHTS: Mapping[str, float] = dict.fromkeys(AXES, 1.0)
FLOOR = 16 * 2**20
"""Bytes added to both sides of a ratio of memory or shipping."""
_HOUR = 3600.0
_BLOCKS = 10
"""The most parts that raw samples are cut into, as many as a profile has turns at most."""
_LEVEL = 0.95
_ESTIMATED = "estimated"


@dataclass(frozen=True)
class Paid:
    """What a user pays: an hour of audio in seconds, joules and MACs, and bytes of memory and of weights.

    None where it was not measured or counted; ``macs_are`` is how MACs were counted, or why not.
    """

    seconds: float
    joules: float | None
    macs: float | None
    macs_are: str
    memory: int | None
    shipping: int


@dataclass(frozen=True)
class Efficiency:
    """The index's parts.

    ``ratios`` are the entry's costs over the reference's by axis, None where one is missing;
    ``energy`` says what stands for energy: "joules", "MACs" or "MACs, estimated". ``spread`` is the
    half width of the 95 % interval of the logarithm of the ratio of seconds, None with fewer than
    three blocks of samples. ``missing`` names the costs without which there is no index.
    """

    reference: str
    ratios: Mapping[str, float | None]
    energy: str
    spread: float | None
    missing: tuple[str, ...]

    @property
    def value(self) -> float | None:
        """The index with equal weights."""
        return index(self.ratios)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval, from the uncertainty of the seconds alone."""
        if self.value is None or self.spread is None:
            return None
        factor = math.exp(self.spread * seconds_share(WEIGHTS))
        return self.value / factor, self.value * factor


def paid(profile: Profile) -> Paid | None:
    """The entry's costs on clips of 10 s; None where they were not measured."""
    entry = profile.parts.get("entry")
    cost = entry.at(SECONDS) if entry else None
    if entry is None or cost is None:
        return None
    return _paid(cost, profile.memory, entry.size, entry.counted or entry.uncounted)


def efficiency(profile: Profile) -> Efficiency | None:
    """The entry against its last reference; None where one of the two has no costs on clips of 10 s."""
    ours, reference = paid(profile), next(reversed(profile.references), None)
    if ours is None or reference is None:
        return None
    cost = next((cost for cost in reference.costs if cost.seconds == SECONDS), None)
    mine = profile.parts["entry"].at(SECONDS)
    if cost is None or mine is None:
        return None
    theirs = _paid(cost, reference.memory, reference.size, "")
    stated = profile.against(reference.name, SECONDS)
    in_turn = stated.latency if stated and stated.latency else ours.seconds / theirs.seconds
    energy, work = "joules", _over(ours.joules, theirs.joules)
    if work is None:
        work = _over(ours.macs, theirs.macs)
        energy = "MACs, estimated" if ours.macs_are.startswith(_ESTIMATED) else "MACs"
    ratios = {
        "computing": None if work is None else math.sqrt(in_turn * work),
        "memory": _floored(ours.memory, theirs.memory),
        "shipping": _floored(ours.shipping, theirs.shipping),
    }
    missing = {"computing": "joules or MACs", "memory": "memory", "shipping": "size"}
    return Efficiency(
        reference.name, ratios, "" if work is None else energy,
        _spread(mine.latency.samples, cost.latency.samples),
        tuple(missing[axis] for axis, ratio in ratios.items() if ratio is None),
    )  # fmt: skip


def index(
    ratios: Mapping[str, float | None], weights: Mapping[str, float] = WEIGHTS
) -> float | None:
    """The efficiency index.

    Args:
        ratios: an entry's costs over the reference's, by axis.
        weights: how much each axis counts, none negative, not all zero; axes of weight 0 may be missing.

    Returns:
        None where an axis that counts is missing: a mean of fewer axes would be another index.

    Raises:
        ValueError: for a negative weight, no positive weight, or a ratio that is not above zero.
    """
    total = sum(weights.values())
    if min(weights.values(), default=-1) < 0 or not 0 < total < math.inf:
        raise ValueError(f"weights must be numbers from zero up, one above it, got {dict(weights)}")
    summed = 0.0
    for axis, weight in weights.items():
        if not weight:
            continue
        ratio = ratios.get(axis)
        if ratio is None:
            return None
        if ratio <= 0:
            raise ValueError(f"a ratio of costs is above zero, that of {axis} is {ratio}")
        summed += weight * math.log(ratio)
    return math.exp(-summed / total)


def seconds_share(weights: Mapping[str, float]) -> float:
    """The exponent of the ratio of seconds in the index: half of computing's."""
    return weights["computing"] / 2 / sum(weights.values())


def _paid(cost: Cost, memory: Memory, size: int, macs_are: str) -> Paid:
    hours = _HOUR / cost.seconds
    peak = memory.at(cost.seconds)
    above = None if peak is None else max(0, peak.whole - memory.baseline) + (peak.gpu or 0)
    return Paid(
        seconds=cost.latency.p50 * hours,
        joules=None if cost.energy is None else cost.energy * hours,
        macs=None if cost.macs is None else cost.macs * hours,
        macs_are=macs_are,
        memory=above,
        shipping=size,
    )


def _over(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours and theirs else None


def _floored(ours: int | None, theirs: int | None) -> float | None:
    return None if ours is None or theirs is None else (ours + FLOOR) / (theirs + FLOOR)


def _spread(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """The half width of the interval of log(our seconds / their seconds), by Student's t over blocks.

    Samples follow each other in turns, both entries' at about the same time. Blocks of consecutive
    samples vary as turns do; single samples of one turn would say too little.
    """
    from scipy import stats

    blocks = min(_BLOCKS, len(ours), len(theirs))
    if blocks < 3:
        return None
    logs = [
        math.log(median(_block(ours, place, blocks)) / median(_block(theirs, place, blocks)))
        for place in range(blocks)
    ]
    mean = sum(logs) / blocks
    variance = sum((log - mean) ** 2 for log in logs) / (blocks - 1)
    return float(stats.t.ppf((1 + _LEVEL) / 2, blocks - 1)) * math.sqrt(variance / blocks)


def _block(samples: Sequence[float], place: int, blocks: int) -> Sequence[float]:
    return samples[place * len(samples) // blocks : (place + 1) * len(samples) // blocks]
