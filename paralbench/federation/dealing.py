"""Inner folds and class weights of all sites' rows, from their counts alone.

Coordinator and sites derive both from the same table, by the code of the convex head, so that no
coordinator can put a single speaker into a fold to learn about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from paralbench.federation.messages import Array
from paralbench.heads.convex.training_side import TrainingSide
from paralbench.heads.head import Problem
from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it deals the rows of a federated head, which no result is keyed by"


@dataclass(frozen=True)
class Dealing:
    """How all sites' rows are weighed and dealt.

    Args:
        side: a training side of as many rows as all sites have, ordered by bunch and class; the
            targets of numbers are not known and zero.
        part: [bunches], the inner fold of each.
        weight: [classes], of a row in the loss; [1] for numbers.
        scored: [classes], whether the class is in two inner folds or more.
    """

    side: TrainingSide
    part: NDArray[np.int64]
    weight: Array
    scored: NDArray[np.bool_]

    @classmethod
    def of(cls, table: Array, classes: int, settings: Any) -> Self:
        """By the table [bunches of all sites, classes] of row counts; one column for numbers.

        Raises:
            ParalbenchError: where no inner folds of complete bunches can be made.
        """
        counts = table.astype(np.int64)
        bunch, kind = (
            np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape)
        )
        problem = Problem(
            "class" if classes else "number", kind.astype(float), classes, groups=bunch
        )
        side = TrainingSide.of(problem, np.arange(len(bunch)), settings, settings.criterion)
        if not side.folds.kept:
            raise ParalbenchError(
                f"{len(counts)} bunches of speakers make no inner folds that each class is in twice; "
                "more speakers or sites are needed."
            )
        part = np.zeros(len(counts), np.int64)
        part[bunch] = side.folds.number
        weight, scored = np.zeros(counts.shape[1]), np.zeros(counts.shape[1], bool)
        weight[kind], scored[kind] = side.weights, side.folds.scored
        return cls(side, part, weight, scored)
