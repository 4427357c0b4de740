"""Storage precision: float32, float16, or bfloat16 as the upper half of a float32.

numpy has no bfloat16, so it is stored as uint16: sign, exponent and seven bits of the float32,
rounded to nearest, ties to even.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.records.errors import Refused

Precision = Literal["float32", "float16", "bfloat16"]


def storage(precision: Precision) -> np.dtype[Any]:
    """The dtype on disk; raises TypeError for an unknown precision."""
    return np.dtype("uint16" if precision == "bfloat16" else precision)


def stored(values: NDArray[np.float32], precision: Precision) -> NDArray[Any]:
    """Finite values in storage precision.

    Raises:
        Refused: where a value is too large for the precision.
    """
    if precision == "bfloat16":
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        stored_values = ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)
        overflown = bool(((stored_values & 0x7F80) == 0x7F80).any())
    else:
        with np.errstate(over="ignore"):
            stored_values = values.astype(precision, copy=False)
        overflown = precision == "float16" and not np.isfinite(stored_values).all()
    if overflown:
        largest = float(np.abs(values).max())
        raise Refused(f"its features reach {largest:.3g}, too much for {precision}")
    return stored_values


def restored(stored_values: NDArray[Any], precision: Precision) -> NDArray[np.float32]:
    """Stored values as float32; exact."""
    if precision == "bfloat16":
        return (stored_values.astype(np.uint32) << 16).view(np.float32)
    return stored_values.astype(np.float32, copy=False)
