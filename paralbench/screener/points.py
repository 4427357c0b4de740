"""Scores as points of 100, beside the threshold they are compared with."""

from __future__ import annotations

NO_NUMBERS = "it only writes numbers that were computed elsewhere"


def points(probability: float, threshold: float | None = None) -> tuple[str, str]:
    """A probability and a threshold in points of 100, without decimals where these decide nothing.

    A probability below the threshold is never written as the same number, nor one above it as less.

    >>> points(0.88, 0.91), points(0.9061, 0.9063), points(0.5)
    (('88', '91'), ('90.61', '90.63'), ('50', ''))
    """
    if threshold is None:
        return f"{100 * probability:.0f}", ""
    for digits in range(16):
        score, limit = f"{100 * probability:.{digits}f}", f"{100 * threshold:.{digits}f}"
        if (float(score) >= float(limit)) == (probability >= threshold):
            return score, limit
    return repr(100 * probability), repr(100 * threshold)
