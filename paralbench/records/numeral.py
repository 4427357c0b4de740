"""Numbers as people write them in tables."""

from __future__ import annotations

import re

_NUMERAL = re.compile(
    r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE
)


def number(text: str) -> float:
    """The number that a cell holds, finite or not.

    Python's own ``float`` also takes "0_0.4" and digits of other scripts, which a table does not mean
    as numbers.

    Raises:
        ValueError: for any other text.

    >>> number(" 1.5e3 ")
    1500.0
    """
    if not _NUMERAL.fullmatch(text.strip()):
        raise ValueError(f"expected a decimal number, got {text!r}")
    return float(text)
