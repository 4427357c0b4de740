"""Ticks of a chart's axes."""

from __future__ import annotations

import math


def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most so many.

    >>> linear_ticks(0.91, 1.0)
    [0.92, 0.94, 0.96, 0.98, 1.0]
    """
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(
        power * times for times in (1, 2, 5, 10, 20) if (high - low) / (power * times) <= most - 1
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between 10 to the ``low`` and 10 to the ``high``, at most so many.

    >>> log_ticks(1.9, 6.2, 3)
    [100.0, 10000.0, 1000000.0]
    >>> log_ticks(8.1, 8.8, 8)
    [200000000.0, 500000000.0]
    """
    first, last = math.ceil(low), math.floor(high)
    if last - first >= 2:
        step = math.ceil((last - first + 1) / most)
        return [10.0**power for power in range(first, last + 1, step)]
    ticks: list[float] = []
    for digits in ((1, 2, 5), (1, 3), (1,)):
        powers = range(math.floor(low), last + 1)
        ticks = [float(f"{digit}e{power}") for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
        if len(ticks) <= most:
            break
    return ticks
