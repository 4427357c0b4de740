"""The subgroups of a task's examples, as numbers that a head can balance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.attributes import STANDARD, word
from paralbench.evaluation.selection import Selection
from paralbench.records.errors import ParalbenchError
from paralbench.records.subgroup import UNKNOWN


def balanced(settings: Any) -> str:
    """The attribute whose subgroups a head's settings ask to balance; "" for heads without that."""
    return str(getattr(settings, "balance", ""))


def strata(selection: Selection, name: str) -> NDArray[np.int64]:
    """The number of each example's subgroup [examples]; examples where it is unknown are one more.

    Raises:
        ParalbenchError: where fewer than two subgroups are known.
    """
    words = stratum_names(selection, name)
    if len({*words.tolist()} - {UNKNOWN}) < 2:
        raise ParalbenchError(
            f"task '{selection.task.id}': its examples have no two groups of '{name}' to balance; "
            f"expected an attribute such as {', '.join(STANDARD)} with two values or more."
        )
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


def stratum_names(selection: Selection, name: str) -> NDArray[np.str_]:
    """The subgroup of each example, ages in bands, [examples]."""
    return np.array([word(name, value) for value in selection.attribute(name)])
