"""k nearest neighbours by Euclidean distance, k chosen by inner folds.

Outputs are those of scikit-learn's KNeighborsClassifier and KNeighborsRegressor; of equally distant
rows the first counts. It is written in torch, so that the deployed head needs no other code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from paralbench.heads.deployable import State
from paralbench.heads.linear_map import LinearHead
from paralbench.heads.pooled_head import Array, PooledHead, Settings

_NEIGHBOURS = (65, 41, 25, 15, 9, 5, 3, 1)


class NearestNeighbours(PooledHead):
    """Votes of the nearest training rows, or the mean of their values.

    A class's score is the logarithm of its votes and one more. "balanced" divides a vote by how
    frequent its class is. Where distributions of raters are learnt, a row's vote is its distribution.
    """

    name = "knn"
    targets = frozenset({*LinearHead.targets, "distribution"})
    settings = Settings

    def candidates(self, settings: Any, columns: int) -> Sequence[Mapping[str, float]]:
        """See :class:`PooledHead`; more neighbours are simpler."""
        return [{"k": k} for k in _NEIGHBOURS]

    def linear(self, settings: Any) -> bool:
        """See :class:`PooledHead`."""
        return False

    def models(
        self,
        columns: Array,
        targets: Array,
        classes: int,
        candidates: Sequence[Mapping[str, float]],
        settings: Any,
    ) -> list[State]:
        """See :class:`PooledHead`."""
        answers = targets if targets.ndim == 2 else targets[:, None]
        if classes and targets.ndim == 1:
            answers = np.eye(classes)[targets.astype(np.int64)]
            if settings.class_weights == "balanced":
                counts = answers.sum(0)
                answers = answers * len(targets) / np.count_nonzero(counts) / np.maximum(counts, 1)
        rows, answers = columns.astype(np.float32), answers.astype(np.float32)
        return [
            {"rows": rows, "answers": answers, "k": np.array([min(int(each["k"]), len(rows))])}
            for each in candidates
        ]

    def scores(self, rows: Tensor, model: Mapping[str, Tensor]) -> Tensor:
        """See :class:`PooledHead`."""
        stored = model["rows"]
        distances = (stored**2).sum(1) - 2 * rows @ stored.T
        nearest = distances.sort(dim=1, stable=True).indices[:, : int(model["k"])]
        answers = model["answers"][nearest]
        return answers.sum(1).log1p() if answers.shape[2] > 1 else answers.mean(1)

    def shapes(self, rows: int, columns: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """See :class:`PooledHead`."""
        return {"rows": (rows, columns), "answers": (rows, outputs), "k": (1,)}


HEAD = NearestNeighbours()
