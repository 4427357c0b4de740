"""What a network is trained towards: targets, loss, and what its outputs mean."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.heads.head import Problem, Rows
from paralbench.heads.training import losses
from paralbench.heads.training.recipe import Recipe
from paralbench.records.errors import UsageError


class Objective:
    """Targets and loss of one fit; numbers are standardised by its training rows.

    Raises:
        UsageError: for a loss that is not one for this kind of target.
    """

    def __init__(self, problem: Problem, train: Rows, recipe: Recipe) -> None:
        self._problem, self._recipe = problem, recipe
        self._loss = _loss(problem, recipe)
        targets = torch.from_numpy(problem.targets)
        if problem.kind == "class":
            self.targets = targets.long()
            self._weights = _weights(self.targets[train], problem.classes, recipe)
            return
        self._centre = float(targets[train].mean())
        self._spread = float(targets[train].std(correction=0)) or 1.0
        self.targets = ((targets - self._centre) / self._spread).float()

    @property
    def outputs(self) -> int:
        """How many numbers a network says of each row."""
        return self._problem.classes if self._problem.kind == "class" else 1

    @property
    def scale(self) -> tuple[float, float]:
        """Centre and spread of the numbers it was given, in their own unit."""
        return self._centre, self._spread

    def loss(self, outputs: Tensor, rows: Rows, training: bool = True) -> Tensor:
        """Loss of outputs [rows, outputs]; targets are smoothed in ``training`` only."""
        targets = self.targets[rows].to(outputs.device)
        if self._problem.kind == "class":
            ordinal = self._loss == "ordinal" and training
            smoothing = self._recipe.smoothing if training else 0.0
            weights = self._weights.to(outputs.device)
            return losses.classes(outputs, targets, weights, smoothing, ordinal)
        found = losses.squares if self._loss == "mse" else losses.concordance
        return found(outputs[:, 0], targets)

    def answers(self, outputs: Tensor) -> NDArray[np.float32]:
        """Probabilities [rows, classes], or values [rows, 1] in the targets' own units."""
        if self._problem.kind == "class":
            return outputs.softmax(1).numpy()
        return (outputs * self._spread + self._centre).numpy()


def _loss(problem: Problem, recipe: Recipe) -> str:
    fitting = (
        {"cross-entropy", "ordinal"} if problem.kind == "class" else {"ccc", "mse"}
    )  # fmt: skip
    name = recipe.loss
    if name == "auto":
        name = "cross-entropy" if problem.kind == "class" else "ccc"
    if name not in fitting:
        raise UsageError(
            f"loss is '{name}', for a {problem.kind} it may be {' or '.join(sorted(fitting))}."
        )
    return name


def _weights(targets: Tensor, classes: int, recipe: Recipe) -> Tensor:
    """One over how often a class occurs, 1 on average over the training rows."""
    if recipe.class_weights == "none":
        return torch.ones(classes)
    counts = torch.bincount(targets, minlength=classes).clamp_min(1)
    return len(targets) / (classes * counts.float())
