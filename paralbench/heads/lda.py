"""Linear discriminant analysis, the covariance's shrinkage chosen by inner folds.

Maps are those of scikit-learn's LinearDiscriminantAnalysis(solver="lsqr", shrinkage=...), but one
eigendecomposition serves all shrinkages, where scikit-learn solves each by least squares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from paralbench.heads.deployable import State
from paralbench.heads.pooled_head import Array, PooledHead, Settings

_SHRINKAGES = (1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01, 0.001)
_ABSENT = -1e3
"""The score of a class that has no training row."""


class DiscriminantAnalysis(PooledHead):
    """Classes share one covariance, shrunk towards a multiple of the identity.

    "balanced" gives all classes the same prior, "none" their shares of the training rows.
    """

    name = "lda"
    targets = frozenset({"class"})
    settings = Settings

    def candidates(self, settings: Any, columns: int) -> Sequence[Mapping[str, float]]:
        """See :class:`PooledHead`; more shrinkage is simpler."""
        return [{"shrinkage": shrinkage} for shrinkage in _SHRINKAGES]

    def models(
        self,
        columns: Array,
        targets: Array,
        classes: int,
        candidates: Sequence[Mapping[str, float]],
        settings: Any,
    ) -> list[State]:
        """See :class:`PooledHead`."""
        present, kinds, counts = np.unique(
            targets.astype(np.int64), return_inverse=True, return_counts=True
        )
        priors = counts / len(kinds)
        if settings.class_weights == "balanced":
            priors = np.full(len(present), 1 / len(present))
        means = np.stack([columns[kinds == kind].mean(0) for kind in range(len(present))])
        within = (columns - means[kinds]) * np.sqrt(priors / counts)[kinds, None]
        wide = within.shape[0] < within.shape[1]
        variances, axes = np.linalg.eigh(within @ within.T if wide else within.T @ within)
        if wide:
            varies = variances > 1e-12 * max(variances[-1], 1e-300)
            variances = variances[varies]
            axes = within.T @ (axes[:, varies] / np.sqrt(variances))
        spread = variances.sum() / columns.shape[1] or 1.0
        along = axes.T @ means.T
        models: list[State] = []
        for each in candidates:
            added = each["shrinkage"] * spread
            inverse = 1 / ((1 - each["shrinkage"]) * variances + added) - 1 / added
            maps = axes @ (inverse[:, None] * along) + means.T / added
            weights, bias = np.zeros((columns.shape[1], classes)), np.full(classes, _ABSENT)
            biases = np.log(priors) - (means.T * maps).sum(0) / 2
            # Only differences between classes count; without their mean they do not cancel.
            weights[:, present] = maps - maps.mean(1, keepdims=True)
            bias[present] = biases - biases.mean()
            models.append({"weights": weights, "bias": bias})
        return models


HEAD = DiscriminantAnalysis()
