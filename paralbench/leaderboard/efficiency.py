"""Score against cost, within one hardware class: Pareto front, and the best within a budget.

Pure functions of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
