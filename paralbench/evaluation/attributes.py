"""The names of a result's subgroups: sexes, age bands, languages, sites."""

from __future__ import annotations

import math
from itertools import pairwise

from paralbench.records.subgroup import UNKNOWN

STANDARD = ("sex", "age", "language", "site")
BANDS = (18, 30, 45, 60, 75)
"""Lower limits of the age bands, in years."""
_SEX = {"f": "female", "m": "male", "w": "female"}


def word(name: str, value: str) -> str:
    """The subgroup of an attribute value: ages in bands, sexes and unknown values in one spelling.

    >>> word("age", "27"), word("sex", "F"), word("site", " n/a ")
    ('18-29', 'female', 'unknown')
    """
    plain = value.strip()
    if plain.lower() in ("", "na", "n/a", "nan", "none", UNKNOWN):
        return UNKNOWN
    if name == "sex":
        return _SEX.get(plain.lower(), plain.lower())
    if name == "age":
        return age_band(plain)
    return plain


def age_band(age: str) -> str:
    """The band of an age in years; a text that is not a number is returned unchanged."""
    try:
        years = float(age)
    except ValueError:
        return age
    if not math.isfinite(years) or not 0 <= years < 130:
        return UNKNOWN
    if years < BANDS[0]:
        return f"<{BANDS[0]}"
    if years >= BANDS[-1]:
        return f"{BANDS[-1]}+"
    low, high = next(pair for pair in pairwise(BANDS) if years < pair[1])
    return f"{low}-{high - 1}"
