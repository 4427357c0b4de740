"""The subgroups of a result's rows: sexes, age bands, languages, sites."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
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


def attributes(selection: Selection, rows: NDArray[np.int64]) -> dict[str, NDArray[np.str_]]:
    """The subgroup of each row's example, by attribute.

    Attributes: those that the task's card reports, and the standard attributes with two values or
    more among these examples, except the label itself.
    """
    columns = {}
    reported = selection.task.metrics.by
    for name in dict.fromkeys((*reported, *STANDARD)):
        words = np.array([word(name, value) for value in selection.attribute(name)])[rows]
        distinct = len(np.unique(words)) > 1 and name != selection.task.target.label
        if name in reported or distinct:
            columns[name] = words
    return columns
