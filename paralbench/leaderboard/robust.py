"""How much an entry loses under conditions: on average and in the worst."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.metrics import metric
from paralbench.records.result import Result


@dataclass(frozen=True)
class Robust:
    """Losses of the ranking metric under ``conditions`` conditions, positive where it is worse."""

    conditions: int
    mean: float
    worst: float
    where: str


def robust(result: Result) -> Robust | None:
    """An entry's losses; None where it was not run under any condition."""
    if not result.conditions:
        return None
    sign = -1.0 if metric(result.ranking).higher_is_better else 1.0
    losses = {item.condition: sign * item.paired.difference for item in result.conditions}
    where = max(losses, key=lambda name: losses[name])
    return Robust(len(losses), sum(losses.values()) / len(losses), losses[where], where)
