"""The heads of a bundle: each restored from its weights, and the mean of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads.deployable import Deployable, Layout
from paralbench.records.model_card import ModelCard

Member: TypeAlias = Deployable
"""One of the screener's trained heads."""


def member(
    name: str,
    settings: Any,
    card: ModelCard,
    spec: FeatureSpec,
    classes: int,
    state: Mapping[str, NDArray[Any]],
) -> Member:
    """A head with its weights; ``classes`` is 0 where it predicts a number.

    Raises:
        ParalbenchError: for weights that are not this head's.
    """
    return find_head(name).deployable(state, settings, Layout((card,), spec, classes))


def mean(answers: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The mean of the members' answers."""
    together: NDArray[np.float64] = np.mean(list(answers), axis=0)
    return together
