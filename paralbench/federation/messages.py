"""What a coordinator asks of sites, and what they answer: named arrays of float64, nothing else.

The names of a request say what is asked for; ``gradient/3/maps`` asks for a gradient of layer 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

NO_NUMBERS = "it carries sums"

Array: TypeAlias = NDArray[np.float64]
Message: TypeAlias = Mapping[str, Array]
Ask: TypeAlias = Callable[[Message], Sequence[Message]]
"""Sends one request to all sites and returns their answers, always in the same order."""

COUNTS = "counts"
TABLE, SIZES = "table", "sizes"
MEAN, SCALE, CENTRE = "mean", "scale", "centre"


def total(answers: Sequence[Message], name: str) -> Array:
    """The sum over sites of one array."""
    result = answers[0][name].copy()
    for answer in answers[1:]:
        result += answer[name]
    return result
