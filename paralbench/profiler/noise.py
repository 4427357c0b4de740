"""Whether something else ran meanwhile: noticed four ways, and said, never corrected for."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paralbench.profiler.latency import microseconds
from paralbench.records.profile import Noise

SPREAD, WAITING, STOLEN, OTHERS = 1.25, 0.05, 0.02, 0.15
"""Above any of these the machine was too noisy."""
_LEAST = 5


def judged(
    calibration: Sequence[float],
    wall: float,
    busy: float,
    stolen: float | None = None,
    others: float | None = None,
    load: float | None = None,
) -> Noise:
    """The verdict.

    Args:
        calibration: seconds of a fixed computation, repeated before, between and after.
        wall: seconds on the clock of everything measured on the CPU; 0 where nothing was.
        busy: seconds of computing in them, all threads together.
        stolen: share of the machine's time that its host took; None where it does not tell.
        others: share of the machine's time that other processes computed; None likewise.
        load: load average before.
    """
    if len(calibration) < _LEAST:
        raise ValueError(f"{len(calibration)} calibrations are too few to tell; {_LEAST} are")
    low, high = np.percentile(calibration, [10, 90])
    spread, waiting = float(high / low), max(0.0, 1 - busy / wall) if wall else 0.0
    reasons = []
    if spread > SPREAD:
        reasons.append(
            f"a fixed computation took {spread:.2f} times as long at its 90th as at its 10th "
            f"percentile (quiet: {SPREAD})"
        )
    if waiting > WAITING:
        reasons.append(f"the process did not run for {waiting:.0%} of the measured time")
    if stolen is not None and stolen > STOLEN:
        reasons.append(f"the machine's host took {stolen:.0%} of its time")
    if others is not None and others > OTHERS:
        reasons.append(f"other processes used {others:.0%} of the machine")
    return Noise(
        verdict="noisy" if reasons else "quiet",
        reasons=reasons,
        spread=round(spread, 4),
        waiting=round(waiting, 4),
        stolen=None if stolen is None else round(stolen, 4),
        others=None if others is None else round(others, 4),
        load=load,
        calibration_microseconds=microseconds(calibration),
    )


class Calibration:
    """A fixed computation, some milliseconds on one core: products of matrices that fill its cache."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._left = rng.standard_normal((192, 192), np.float32)
        self._right = rng.standard_normal((1 << 18,), np.float32)
        self.samples: list[float] = []

    def take(self) -> None:
        """Run it once."""
        import torch

        left, right = torch.from_numpy(self._left), torch.from_numpy(self._right)
        began = time.perf_counter()
        for _ in range(20):
            left @ left
            right.sin()
        self.samples.append(time.perf_counter() - began)


@dataclass(frozen=True)
class Ticks:
    """Seconds of all cores since the machine started: in all, computing, taken by its host; and
    those that this process computed."""

    total: float
    busy: float
    stolen: float
    own: float

    @classmethod
    def now(cls, place: Path = Path("/proc/stat")) -> Ticks | None:
        """None where the system does not tell."""
        try:
            fields = place.read_text(encoding="ascii").splitlines()[0].split()
        except OSError:
            return None
        each = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[1:9]]
        if len(each) < 8:
            return None
        idle, waits, taken = each[3], each[4], each[7]
        return cls(sum(each), sum(each) - idle - waits - taken, taken, time.process_time())


def shares(before: Ticks | None, after: Ticks | None) -> tuple[float | None, float | None]:
    """Of the machine's time in between: what the host took, and what other processes computed."""
    if before is None or after is None or after.total <= before.total:
        return None, None
    total = after.total - before.total
    others = (after.busy - before.busy) - (after.own - before.own)
    return (after.stolen - before.stolen) / total, max(0.0, others / total)


def load() -> float | None:
    """The load average of the last minute; None where the system has none."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
