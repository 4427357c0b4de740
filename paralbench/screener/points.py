"""Scores as points of 100, beside the threshold they are compared with."""

from __future__ import annotations

NO_NUMBERS = "it only writes numbers that were computed elsewhere"

_LOWEST, _HIGHEST = 0.1, 99.9
"""Points beyond which a score has no more decimals."""


def points(probability: float, threshold: float | None = None) -> tuple[str, str]:
    """A probability and a threshold in points of 100, without decimals where these decide nothing.

    A probability below the threshold is never written as the same number, nor one above it as less;
    one short of certainty never as 0 or 100.

    >>> points(0.88, 0.91), points(0.9061, 0.9063), points(0.5), points(0.9961, 0.5)
    (('88', '91'), ('90.61', '90.63'), ('50', ''), ('99.6', '50.0'))
    >>> points(0.99999, 0.5), points(1e-7, 0.9985)
    (('over 99.9', '50'), ('under 0.1', '99.9'))
    """
    limit = 0.5 if threshold is None else threshold
    for digits in range(16):
        score, written = (f"{100 * share:.{digits}f}" for share in (probability, limit))
        if not _certain(written, limit):
            if probability < 1 and 100 * probability > _HIGHEST and float(written) <= _HIGHEST:
                return f"over {_HIGHEST}", "" if threshold is None else written
            if probability > 0 and 100 * probability < _LOWEST <= float(written):
                return f"under {_LOWEST}", "" if threshold is None else written
            same_side = (float(score) >= float(written)) == (probability >= limit)
            if (threshold is None or same_side) and not _certain(score, probability):
                return score, "" if threshold is None else written
    return repr(100 * probability), "" if threshold is None else repr(100 * limit)


def hundredths(share: float) -> int:
    """A share in hundredths; 0 and 100 only where it is exactly that.

    >>> hundredths(0.996), hundredths(1.0), hundredths(0.001), hundredths(0.514)
    (99, 100, 1, 51)
    """
    if share in (0, 1):
        return round(100 * share)
    return min(99, max(1, round(100 * share)))


def _certain(written: str, share: float) -> bool:
    """Whether a share short of certainty is written as 0 or 100."""
    return float(written) in (0, 100) and 0 < share < 1
