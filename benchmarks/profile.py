"""The profiler: one entry profiled ten times, and its latency and memory measured from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.heads import settings
from paralbench.leaderboard.efficiency_index import efficiency
from paralbench.profiler.clips import write
from paralbench.profiler.costs import profile
from paralbench.profiler.references import WAV2VEC2
from paralbench.profiler.subject import Subject
from paralbench.records.profile import Profile

MODEL, HEAD, CLASSES = "whisper-tiny.en", "linear-probe", 4
SECONDS, BUDGET = 3.0, 3.0
"""Short clips and a short budget: ten profiles in three minutes."""
TIMES = int(os.environ.get("PARALBENCH_BENCH_PROFILES", "10"))
FEW, MANY, EVERY = 10, 110, 5
"""Clips that a process from outside hears; it does after every so many profiles."""

_OUTSIDE = """
import sys
import soundfile
import torch
from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable

torch.set_num_threads(1)
model = Catalog().model(sys.argv[1])
encoder = loadable(model).load()
clip, _ = soundfile.read(sys.argv[2], dtype="float32")
weights = torch.randn(2 * model.card.layers * model.card.width, int(sys.argv[4]))
with torch.inference_mode():
    for _ in range(int(sys.argv[3])):
        (states,) = encoder.encode([clip])
        spread, mean = torch.std_mean(states, 1, correction=0)
        torch.cat([mean, spread], 1).flatten() @ weights
"""
"""The same entry in a few lines of its own."""


@dataclass(frozen=True)
class _Outside:
    """What the system says of a process: seconds on the clock and of computing, and its largest
    resident set."""

    wall: float
    busy: float
    resident: int


def run() -> list[tuple[str, str]]:
    """Profiles, and the outside in between, so that the same weather is on both."""
    subject = Subject.of([loadable(Catalog().model(MODEL))], HEAD, settings(HEAD, {}), CLASSES)
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        clip = write(cache, (SECONDS,))[SECONDS]
        profiles, few, many = [], [], []
        for number in range(TIMES):
            profiles.append(profile(subject, cache, budget=BUDGET, lengths=[SECONDS], again=True))
            if number % EVERY == 0:
                few.append(_hear(clip, FEW))
                many.append(_hear(clip, MANY))
    return [*_spread(profiles), *_from_outside(profiles, few, many)]


def _spread(profiles: list[Profile]) -> list[tuple[str, str]]:
    indices, ratios = [], []
    for one in profiles:
        found = one.against(WAV2VEC2, SECONDS)
        assert found is not None
        against = efficiency(one)
        index = against.value if against else None
        assert index is not None
        assert found.latency is not None
        indices.append(index)
        ratios.append(found.latency)
    seconds = [one.parts["entry"].costs[0].latency.p50 for one in profiles]
    verdicts = Counter(one.noise.verdict for one in profiles)
    others = [one.noise.others for one in profiles if one.noise.others is not None]
    return [
        (
            f"efficiency index of {MODEL} / {HEAD}, {len(profiles)} profiles of {SECONDS:g} s",
            f"median {median(indices):.2f}, p90 / p10 {_tails(indices):.3f} (aim: below 1.1)",
        ),
        (
            "p90 / p10 of latency, absolute and over the reference in turn",
            f"{_tails(seconds):.3f}, {_tails(ratios):.3f}",
        ),
        (
            "verdicts on the machine",
            f"{verdicts['quiet']} quiet, {verdicts['noisy']} noisy; other processes used "
            f"{median(others) if others else float('nan'):.0%} of it (median)",
        ),
    ]


def _from_outside(
    profiles: list[Profile], few: list[_Outside], many: list[_Outside]
) -> list[tuple[str, str]]:
    """The slope of a process's time over how many clips it hears, and what it held.

    The least of each: whatever else ran can only add to a time.
    """
    wall = (min(one.wall for one in many) - min(one.wall for one in few)) / (MANY - FEW)
    busy = (min(one.busy for one in many) - min(one.busy for one in few)) / (MANY - FEW)
    inside = min(one.parts["entry"].costs[0].latency.p50 for one in profiles)
    resident = median(one.resident for one in few)
    held = median(max(one.memory.loading, one.memory.peaks[0].whole) for one in profiles)
    return [
        (
            "latency, profiler / slope of a process's time over its clips, least of all",
            f"{inside / wall:.3f} on the clock, {inside / busy:.3f} of computing (aim: within 0.1 of 1; "
            f"{1000 * inside:.1f}, {1000 * wall:.1f} and {1000 * busy:.1f} ms)",
        ),
        (
            "peak memory, profiler / ru_maxrss of a process of its own",
            f"{held / resident:.3f} (aim: within 0.1 of 1; {held / 2**20:.0f} and "
            f"{resident / 2**20:.0f} MiB)",
        ),
    ]


def _tails(values: list[float]) -> float:
    low, high = np.percentile(values, [10, 90])
    return float(high / low)


def _hear(clip: Path, count: int) -> _Outside:
    """One process that hears the clip so many times."""
    command = [sys.executable, "-c", _OUTSIDE, MODEL, str(clip), str(count), str(CLASSES)]
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the outside process ended with {process.returncode}")
    return _Outside(wall, used.ru_utime + used.ru_stime, used.ru_maxrss << 10)
