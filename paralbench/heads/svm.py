"""Support vector machines over scikit-learn, C and the kernel's width chosen by inner folds.

Of classes there is a machine each, against all others; probabilities come from their decision values
and the out-of-fold outputs, never from scikit-learn's random cross-validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.heads import pooled_head
from paralbench.heads.deployable import State
from paralbench.heads.pooled_head import Array, PooledHead

_C = (0.1, 1.0, 10.0, 100.0)
_GAMMAS = (0.25, 1.0, 4.0)


class Settings(pooled_head.Settings):
    """Settings of :mod:`paralbench.heads.pooled_head`, and the kernel.

    Attributes:
        kernel: "rbf", exp(-gamma d^2), or "linear", the product divided by the number of columns.
            Of "linear" inner folds choose C, of "rbf" C and gamma.
    """

    kernel: Literal["rbf", "linear"] = "rbf"


class SupportVectors(PooledHead):
    """Classes one against the others, numbers by support vector regression."""

    name = "svm"
    settings = Settings

    def candidates(self, settings: Any, columns: int) -> Sequence[Mapping[str, float]]:
        """See :class:`PooledHead`; a wide kernel and a small C are simpler."""
        if settings.kernel == "linear":
            return [{"C": c} for c in _C]
        return [{"C": c, "gamma": gamma / columns} for gamma in _GAMMAS for c in _C]

    def linear(self, settings: Any) -> bool:
        """See :class:`PooledHead`."""
        return bool(settings.kernel == "linear")

    def models(
        self,
        columns: Array,
        targets: Array,
        classes: int,
        candidates: Sequence[Mapping[str, float]],
        settings: Any,
    ) -> list[State]:
        """See :class:`PooledHead`."""
        rows = columns.astype(np.float32)
        exact = torch.from_numpy(rows.astype(np.float64))
        grams = {
            gamma: _kernel(exact, exact, gamma).numpy()
            for gamma in dict.fromkeys(each.get("gamma") for each in candidates)
        }
        models: list[State] = []
        for each in candidates:
            gamma = each.get("gamma")
            balance = settings.class_weights if settings.class_weights == "balanced" else None
            duals, bias = _machines(grams[gamma], targets, classes, each["C"], balance)
            if gamma is None:
                models.append({"weights": rows.T @ duals / rows.shape[1], "bias": bias})
                continue
            used = np.flatnonzero(duals.any(1)) if duals.any() else [0]
            models.append(
                {"rows": rows[used], "duals": duals[used], "bias": bias, "gamma": np.array([gamma])}
            )
        return models

    def scores(self, rows: Tensor, model: Mapping[str, Tensor]) -> Tensor:
        """See :class:`PooledHead`."""
        if "gamma" not in model:
            return super().scores(rows, model)
        kernel = _kernel(rows, model["rows"], float(model["gamma"]))
        return kernel @ model["duals"] + model["bias"]

    def shapes(self, rows: int, columns: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """See :class:`PooledHead`."""
        return {
            "rows": (rows, columns), "duals": (rows, outputs), "bias": (outputs,), "gamma": (1,)
        }  # fmt: skip


HEAD = SupportVectors()


def _kernel(rows: Tensor, others: Tensor, gamma: float | None) -> Tensor:
    """[rows, others]; linear without a ``gamma``."""
    products = rows @ others.T
    if gamma is None:
        return products / rows.shape[1]
    distances = (rows**2).sum(1)[:, None] + (others**2).sum(1) - 2 * products
    return torch.exp(-gamma * distances.clamp(min=0))


def _machines(
    gram: Array, targets: Array, classes: int, c: float, balance: str | None
) -> tuple[Array, NDArray[np.float64]]:
    """Dual coefficients [rows, outputs] and biases [outputs] of the kernel's products [rows, rows]."""
    from sklearn.svm import SVC, SVR

    duals, bias = np.zeros((len(gram), max(1, classes))), np.zeros(max(1, classes))
    if not classes:
        centre, spread = targets.mean(), targets.std() or 1.0
        machine = SVR(kernel="precomputed", C=c).fit(gram, (targets - centre) / spread)
        duals[machine.support_, 0] = machine.dual_coef_[0] * spread
        return duals, machine.intercept_ * spread + centre
    for kind in range(classes):
        positive = targets == kind
        if positive.all() or not positive.any():
            bias[kind] = 1.0 if positive.all() else -1.0
            continue
        machine = SVC(kernel="precomputed", C=c, class_weight=balance).fit(gram, positive)
        duals[machine.support_, kind] = machine.dual_coef_[0]
        bias[kind] = machine.intercept_[0]
    return duals, bias
