"""Non-negative weights of several layers' out-of-fold outputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PULL = 0.03
"""Weight of the squared distance from equal weights: .703 UAR over three real panels, .699 at 0.1 and .701 at .01."""


def of_classes(logits: Array, shares: Array, weights: Array) -> Array:
    """Weights [layers] of logits [layers, rows, classes] with the least mean cross-entropy with the
    classes' shares [rows, classes]."""
    from scipy.optimize import minimize

    weight = weights / weights.sum()
    equal = np.full(len(logits), 1 / len(logits))

    def objective(layers: Array) -> tuple[float, Array]:
        mixed = np.tensordot(layers, logits, 1)
        mixed -= mixed.max(1, keepdims=True)
        probabilities = np.exp(mixed)
        normaliser = probabilities.sum(1)
        loss = weight @ (np.log(normaliser) - (mixed * shares).sum(1))
        probabilities /= normaliser[:, None]
        probabilities -= shares
        probabilities *= weight[:, None]
        away = layers - equal
        gradient = np.tensordot(logits, probabilities, 2) + 2 * PULL * away
        return float(loss + PULL * away @ away), gradient

    solution = minimize(
        objective, equal, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(logits),
        options={"ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    layers: Array = solution.x
    return layers


def of_numbers(values: Array, targets: Array) -> Array:
    """Weights [layers] of values [layers, rows], less their means, with the least squared error."""
    from scipy.linalg import solve_triangular
    from scipy.optimize import nnls

    centred = values - values.mean(1, keepdims=True)
    truth = targets - targets.mean()
    variance = max(float(truth @ truth), 1e-300)
    gram = centred @ centred.T / variance + PULL * np.eye(len(values))
    factor = np.linalg.cholesky(gram)
    products = centred @ truth / variance + PULL / len(values)
    layers: Array = nnls(factor.T, solve_triangular(factor, products, lower=True))[0]
    return layers
