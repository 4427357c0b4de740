"""What inner folds choose by: a loss of out-of-fold outputs, and how sure a difference is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Criterion:
    """A loss of outputs over weighted rows.

    Args:
        loss: of (outputs [rows, outputs], truth, weights [rows]).
        truth: shares of classes [rows, classes] or values [rows].
        weights: [rows].
        part: [rows], the inner fold; differences are jackknifed over them.
    """

    loss: Callable[[Array, Array, Array], float]
    truth: Array
    weights: Array
    part: NDArray[np.int64]

    def __call__(self, outputs: Array) -> float:
        """The loss over all rows."""
        return self.loss(outputs, self.truth, self.weights)

    def error(self, outputs: Array, than: Array) -> float:
        """Standard error of the difference of two outputs' losses."""
        differences = np.array([
            self.loss(outputs, self.truth, weights) - self.loss(than, self.truth, weights)
            for part in np.unique(self.part)
            for weights in [np.where(self.part == part, 0.0, self.weights)]
        ])  # fmt: skip
        count = len(differences)
        return float(np.sqrt((count - 1) / count * ((differences - differences.mean()) ** 2).sum()))

    def choice(self, outputs: Sequence[Array], rule: str) -> int:
        """The best, or the first that is within one standard error of it; simplest first."""
        losses = [self(output) for output in outputs]
        best = int(np.argmin(losses))
        if rule == "best":
            return best
        return next(
            number
            for number, output in enumerate(outputs[: best + 1])
            if losses[number] - losses[best] <= self.error(output, outputs[best])
        )


def log_loss(logits: Array, shares: Array, weights: Array) -> float:
    """Mean cross-entropy with the shares [rows, classes] of the classes, 1 for a known class."""
    shifted = logits - logits.max(1, keepdims=True)
    normaliser = np.log(np.exp(shifted).sum(1))
    correct = (shifted * shares).sum(1)
    return float(weights @ (normaliser - correct) / weights.sum())


def squared_error(values: Array, truth: Array, weights: Array) -> float:
    """Mean squared error of values [rows, 1]."""
    return float(weights @ (values[:, 0] - truth) ** 2 / weights.sum())


def uncorrelated(values: Array, truth: Array, weights: Array) -> float:
    """1 - Pearson's correlation: 1 - CCC of values that are brought to the truth's mean and spread."""
    values = values[:, 0]
    total = weights.sum()
    values, truth = values - weights @ values / total, truth - weights @ truth / total
    spread = np.sqrt((weights @ values**2) * (weights @ truth**2))
    return float(1 - (weights @ (values * truth)) / spread) if spread > 0 else 1.0
