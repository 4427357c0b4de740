"""What test examples say of their speakers, in few words, for the subgroups of a result."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection

STANDARD = ("sex", "age", "language", "site")
UNKNOWN = "unknown"
BANDS = (18, 30, 45, 60, 75)
"""Where the next age band begins, in years."""
_SEX = {"f": "female", "m": "male", "w": "female"}


def attributes(selection: Selection, rows: NDArray[np.int64]) -> dict[str, NDArray[np.str_]]:
    """A word for each of the examples numbered in ``rows``, by attribute.

    What the task's card asks for, and of the standard attributes those that tell these examples
    apart. The label itself is none.
    """
    told = {}
    wanted = selection.task.metrics.by
    for name in dict.fromkeys((*wanted, *STANDARD)):
        words = np.array([word(name, said) for said in selection.attribute(name)])[rows]
        distinct = len(np.unique(words)) > 1 and name != selection.task.target.label
        if name in wanted or distinct:
            told[name] = words
    return told


def word(name: str, said: str) -> str:
    """A value as subgroups are named: ages in bands, sexes and what is unknown in one spelling."""
    plain = said.strip()
    if plain.lower() in ("", "na", "n/a", "nan", "none", UNKNOWN):
        return UNKNOWN
    if name == "sex":
        return _SEX.get(plain.lower(), plain.lower())
    if name == "age":
        return age_band(plain)
    return plain


def age_band(said: str) -> str:
    """The band of an age in years; an age told in other words stays as it is told."""
    try:
        years = float(said)
    except ValueError:
        return said
    if not math.isfinite(years) or not 0 <= years < 130:
        return UNKNOWN
    if years < BANDS[0]:
        return f"<{BANDS[0]}"
    if years >= BANDS[-1]:
        return f"{BANDS[-1]}+"
    low, high = next(pair for pair in pairwise(BANDS) if years < pair[1])
    return f"{low}-{high - 1}"
