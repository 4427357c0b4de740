"""Temperature and Platt scaling of the probabilities of any number of classes.

Probabilities p become softmax(factor * log p + bias). Temperature scaling (Guo et al., 2017) has a
factor only; with a bias for each class it is Platt's line (1999) where there are two classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Array = NDArray[np.float64]
Method = Literal["temperature", "platt"]
METHODS: tuple[Method, ...] = ("temperature", "platt")

_LEAST = 1e-6
"""Minimum of a probability before its logarithm is taken."""


@dataclass(frozen=True)
class Scaling:
    """A factor of log-probabilities and a bias for each class."""

    factor: float
    bias: Array

    def __call__(self, probabilities: Array) -> Array:
        """Scaled probabilities [n, classes] of probabilities [n, classes]."""
        scaled: Array = special.softmax(self.factor * logarithms(probabilities) + self.bias, axis=1)
        return scaled


def logarithms(probabilities: Array) -> Array:
    """Finite log-probabilities."""
    finite: Array = np.log(np.clip(probabilities, _LEAST, 1))
    return finite


def log_loss(probabilities: Array, truth: NDArray[np.int64]) -> float:
    """Mean negative log-probability of the true class, in nats."""
    return float(-logarithms(probabilities)[np.arange(len(truth)), truth].mean())


def fitted(method: Method, probabilities: Array, truth: NDArray[np.int64]) -> Scaling:
    """The scaling with the least log-loss for class indices ``truth`` [n].

    Targets are Platt's, as if every class had been seen once more with each answer, so that separable
    examples and absent classes give finite parameters.
    """
    rows, classes = probabilities.shape
    logs = logarithms(probabilities)
    counts = np.bincount(truth, minlength=classes)
    targets = (np.eye(classes)[truth] * counts + 1) / (counts[truth] + classes)[:, None]

    def loss(parameters: Array) -> tuple[float, Array]:
        logits = parameters[0] * logs + parameters[1:]
        residual = special.softmax(logits, axis=1) - targets
        value = (special.logsumexp(logits, axis=1) - (targets * logits).sum(1)).mean()
        slope = np.concatenate([[(residual * logs).sum()], residual.sum(0)]) / rows
        return float(value), slope

    # The order of probabilities is never reversed, and temperature has no bias.
    free = (None, None) if method == "platt" else (0.0, 0.0)
    solution = optimize.minimize(
        loss, np.concatenate([[1.0], np.zeros(classes)]), jac=True, method="L-BFGS-B",
        bounds=[(1e-3, None), *[free] * classes], options={"gtol": 1e-9, "ftol": 1e-14},
    )  # fmt: skip
    return Scaling(float(solution.x[0]), solution.x[1:])
