"""Best throughput: clips processed beside each other on a CPU's cores, or in batches on a GPU."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

from paralbench.records.profile import Throughput

_BATCHES = (1, 4, 16)
_LEAST = 2


def throughput(
    process: Callable[[], object],
    together: Callable[[int], object],
    seconds: float,
    device: str,
    patience: float,
) -> Throughput:
    """Seconds of audio a second, at best.

    Args:
        process: processes one clip; threads may call it beside each other.
        together: processes a number of clips in one batch.
        seconds: of the clip.
        device: a CPU is given a clip a core, a GPU batches.
        patience: seconds that each way is measured, two rounds at least.
    """
    tried: dict[str, float] = {}
    if device == "cpu":
        for at_once in sorted({1, os.cpu_count() or 1}):
            with ThreadPoolExecutor(
                at_once, initializer=torch.set_num_threads, initargs=(1,)
            ) as pool:
                rate = _rate(lambda n=at_once, p=pool: _beside(p, process, n), at_once, patience)  # type: ignore[misc]
            tried[str(at_once)] = rate * seconds
    else:
        for at_once in _BATCHES:
            tried[str(at_once)] = _rate(lambda n=at_once: together(n), at_once, patience) * seconds  # type: ignore[misc]
    best = max(tried, key=lambda at_once: tried[at_once])
    rounded = {at_once: float(f"{rate:.4g}") for at_once, rate in tried.items()}
    return Throughput(seconds=seconds, best=rounded[best], at_once=int(best), tried=rounded)


def _beside(pool: ThreadPoolExecutor, process: Callable[[], object], clips: int) -> None:
    for done in [pool.submit(_quietly, process) for _ in range(clips)]:
        done.result()


def _quietly(process: Callable[[], object]) -> None:
    with torch.inference_mode():  # holds for a thread, not for those it starts
        process()


def _rate(work: Callable[[], object], clips: int, patience: float) -> float:
    """Clips a second, after one round that is not counted."""
    work()
    rounds, began = 0, time.perf_counter()
    while rounds < _LEAST or time.perf_counter() - began < patience:
        work()
        rounds += 1
    return rounds * clips / (time.perf_counter() - began)
