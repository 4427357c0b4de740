"""The order of measuring: entries in turn, so that what disturbs one disturbs all, within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")

_FREE = 0.1
"""Who costs less than this share of the first is measured with it, whatever is left."""

ROUNDS_LEAST, ROUNDS_MOST = 3, 10
TURN, PASSES_MOST = 0.1, 10
"""A turn takes so many seconds or so many passes, one pass at least."""


def least(estimate: float) -> float:
    """Seconds that one warm-up and the least number of rounds take."""
    return (ROUNDS_LEAST + 1) * estimate


def affordable(
    estimates: Mapping[str, float], left: float, reserved: float, first: str
) -> list[str]:
    """Which entries can be warmed up and measured: ``first``, then the cheapest of the others.

    Args:
        estimates: seconds of a pass; an entry that is not in it cannot be measured.
        left: seconds.
        reserved: seconds of them that the others leave to ``first`` for longer clips.
        first: the entry whose profile it is; without it nothing is measured.
    """
    if first not in estimates or least(estimates[first]) > left:
        return []
    chosen = [first]
    left -= least(estimates[first]) + reserved
    for name in sorted(estimates.keys() - {first}, key=lambda name: estimates[name]):
        if least(estimates[name]) <= max(left, _FREE * least(estimates[first])):
            chosen.append(name)
            left -= least(estimates[name])
    return chosen


def interleaved(
    passes: Mapping[str, Callable[[], T]],
    seconds: float,
    between: Callable[[], None],
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[list[T]]]:
    """Samples by name and turn. Who begins changes every round.

    Args:
        passes: what is measured; each call is one pass and returns its sample.
        seconds: after which no round begins that would not end in time, three rounds apart.
        between: called after every round.
        clock: seconds.
    """
    turns: dict[str, list[list[T]]] = {name: [] for name in passes}
    began = clock()
    for number in range(ROUNDS_MOST):
        spent = clock() - began
        if number >= ROUNDS_LEAST and spent * (number + 1) / number > seconds:
            break
        for name in list(passes)[:: -1 if number % 2 else 1]:
            turns[name].append(_turn(passes[name], clock))
        between()
    return turns


def _turn(measure: Callable[[], T], clock: Callable[[], float]) -> list[T]:
    samples: list[T] = []
    began = clock()
    while not samples or (len(samples) < PASSES_MOST and clock() - began < TURN):
        samples.append(measure())
    return samples
