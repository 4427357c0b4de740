"""Quantities with a prefix and three significant digits."""

from __future__ import annotations


def prefixed(value: float | None) -> str:
    """A number with a decimal prefix; a dash for None.

    >>> prefixed(8_190_000), prefixed(12)
    ('8.19 M', '12')
    """
    if value is None:
        return "–"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


def binary(value: float) -> str:
    """Bytes with a binary prefix.

    >>> binary(3 * 2**20)
    '3 MiB'
    """
    for size, unit in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if value >= size:
            return f"{value / size:{'.3g' if value < 1000 * size else '.0f'}} {unit}"
    return f"{value:.0f} B"


def seconds(value: float) -> str:
    """A time in seconds, milliseconds or microseconds.

    >>> seconds(0.0123)
    '12.3 ms'
    """
    if value >= 1:
        return f"{value:.3g} s"
    return f"{1e3 * value:.3g} ms" if value >= 1e-3 else f"{1e6 * value:.3g} µs"
