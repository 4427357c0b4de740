"""Score against cost, within one hardware class: Pareto front, efficiency index, best within a budget.

Pure functions of numbers, so that a page can compute the same with other weights.

Efficiency index, version 1: of an entry's costs c over the reference's r on clips of 10 s, the weighted
geometric mean of r / c over MACs, median latency, peak memory and size on disk. 1 costs as much as the
reference (wav2vec 2.0 base with a linear probe), 2 half as much; the score does not enter.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from paralbench.records.profile import Ratios

VERSION = 1
WEIGHTS: Mapping[str, float] = {"macs": 1.0, "latency": 1.0, "memory": 1.0, "size": 1.0}
"""Every cost counts the same."""

H = TypeVar("H", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Point:
    """One entry: its score (more is better) and a cost (less is better), None where unknown."""

    score: float
    cost: float | None


def pareto(points: Sequence[Point]) -> list[int]:
    """Indices of the points that no other dominates, in the order of cost.

    Points equal in score and cost are all on the front; a point without a cost is not.
    """
    known = [
        (point.cost, -point.score, index)
        for index, point in enumerate(points)
        if point.cost is not None
    ]
    front: list[int] = []
    best, at = -math.inf, math.nan
    for cost, negated, index in sorted(known):
        if -negated > best or (-negated == best and cost == at):
            front.append(index)
            best, at = -negated, cost
    return front


def by_class(classes: Iterable[H]) -> dict[H, list[int]]:
    """Indices by hardware class: costs are compared within a class only."""
    indices: dict[H, list[int]] = {}
    for index, name in enumerate(classes):
        indices.setdefault(name, []).append(index)
    return indices


def index(
    ratios: Mapping[str, float | None], weights: Mapping[str, float] = WEIGHTS
) -> float | None:
    """The efficiency index.

    Args:
        ratios: an entry's costs over the reference's, by axis.
        weights: how much each axis counts, none negative, not all zero; axes of weight 0 may be missing.

    Returns:
        None where an axis that counts was not measured or counted: a mean of fewer axes would be
        another index.

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


def index_of(ratios: Ratios, weights: Mapping[str, float] = WEIGHTS) -> float | None:
    """The efficiency index of what a profile holds; see :func:`index`."""
    return index(ratios.model_dump(include=set(WEIGHTS)), weights)


def within(
    scores: Sequence[float],
    costs: Sequence[Mapping[str, float | None]],
    budget: Mapping[str, float],
) -> int | None:
    """The index of the best score whose budgeted costs are all within the budget.

    Of equal scores the first. An unknown cost is within no budget. None where no entry fits.
    """

    def fits(cost: Mapping[str, float | None]) -> bool:
        return all((found := cost.get(axis)) is not None and found <= most
                   for axis, most in budget.items())  # fmt: skip

    places = [place for place, cost in enumerate(costs) if fits(cost)]
    return max(places, key=lambda place: scores[place], default=None)
