"""How a cost grows with clip length: the exponent of a power law, fitted by least squares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from paralbench.records.profile import Cost, Growth

_LEAST = 3
_TELLING = 1 << 20
"""Bytes; what needs less at its longest grows within the allocator's own steps."""


def exponent(costs: Mapping[float, float]) -> float | None:
    """Slope of log cost over log length; None for fewer than three lengths or a cost of nothing."""
    if len(costs) < _LEAST or min(costs.values()) <= 0:
        return None
    lengths, values = np.log(list(costs)), np.log(list(costs.values()))
    centred = lengths - lengths.mean()
    return round(float(centred @ values / (centred @ centred)), 3)


def growth(costs: list[Cost]) -> Growth:
    """Of latency, and of memory where it is enough to tell."""
    memory = {cost.seconds: float(cost.memory) for cost in costs if cost.memory}
    telling = memory and max(memory.values()) >= _TELLING
    return Growth(
        latency=exponent({cost.seconds: cost.latency.p50 for cost in costs}),
        memory=exponent(memory) if telling else None,
        lengths=[cost.seconds for cost in costs],
    )
