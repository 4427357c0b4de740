"""What a head is to the evaluation: something that is fitted on some rows and predicts others.

Heads see features, targets and row numbers. They never see a corpus, a speaker or a label's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from paralbench.features.product import Product

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows that train, develop and test in one fold under one seed; development may be empty."""

    fold: int
    seed: int
    train: Rows
    develop: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be learnt: targets [rows] as class indices or numbers."""

    kind: Literal["class", "number"]
    targets: NDArray[np.float64]
    classes: int


@dataclass(frozen=True)
class Fitted:
    """A head after fitting on one split.

    Args:
        split: the split.
        outputs: what it says of the test rows: probabilities [rows, classes] or values [rows, 1].
        chosen: what development rows chose (epoch, strength), recorded in the Result.
        state: the deployable parameters, by name.
        layer_weights: how much each of the encoder's layers counts, summing to one.
    """

    split: Split
    outputs: NDArray[np.float32]
    chosen: dict[str, Any]
    state: dict[str, NDArray[np.float32]]
    layer_weights: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Fits:
    """All fits of an entry, in the order of the splits, and what was tried to choose among."""

    fitted: Sequence[Fitted]
    trained_parameters: int
    tried: list[dict[str, Any]] = field(default_factory=list)


class Head(Protocol):
    """A head. ``settings`` is a card class with its defaults; ``product`` is what it needs stored.

    ``targets`` are the kinds of target it learns. A series comes to it as a number a step: rows are
    steps, their features the pooled windows around them.
    """

    name: str
    product: Product
    targets: frozenset[str]
    settings: type[Any]

    def fit(
        self,
        features: NDArray[np.float32],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
    ) -> Fits:
        """Fit on every split. ``features`` are pooled records [rows, layers, 2, width]."""
        ...
