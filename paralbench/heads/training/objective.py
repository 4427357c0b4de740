"""What a network is trained towards: targets, losses, and what its outputs mean."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from paralbench.heads.head import Problem, Rows
from paralbench.heads.training.recipe import Recipe
from paralbench.records.errors import UsageError


class Objective:
    """Targets and loss of one fit; numbers are standardised by its training rows.

    Distributions of raters are learnt as they are, neither smoothed nor weighted by class.

    Raises:
        UsageError: for a loss that is not one for this kind of target.
    """

    def __init__(self, problem: Problem, train: Rows, recipe: Recipe) -> None:
        self._problem, self._recipe = problem, recipe
        self._loss = _loss(problem, recipe)
        targets = torch.from_numpy(problem.targets)
        if problem.distributions is not None:
            self.targets = torch.from_numpy(problem.distributions).float()
            return
        if problem.kind == "class":
            self.targets = targets.long()
            self._weights = torch.ones(problem.classes)
            if recipe.class_weights == "balanced":  # one over how often it occurs, 1 on average
                counts = torch.bincount(self.targets[train], minlength=problem.classes)
                self._weights = len(train) / (problem.classes * counts.clamp_min(1).float())
            return
        self._centre = float(targets[train].mean())
        self._spread = float(targets[train].std(correction=0)) or 1.0
        self.targets = ((targets - self._centre) / self._spread).float()

    @property
    def outputs(self) -> int:
        """Numbers that a network computes of each row."""
        return self._problem.classes if self._problem.kind == "class" else 1

    @property
    def scale(self) -> tuple[float, float] | None:
        """Centre and spread of the numbers it was given, in their own unit; None for classes."""
        return None if self._problem.kind == "class" else (self._centre, self._spread)

    def loss(self, outputs: Tensor, rows: Rows, training: bool = True) -> Tensor:
        """Loss of outputs [rows, outputs]; targets are smoothed in ``training`` only."""
        targets = self.targets[rows].to(outputs.device)
        if self._problem.distributions is not None:
            return functional.cross_entropy(outputs, targets)
        if self._problem.kind == "class":
            ordinal = self._loss == "ordinal" and training
            smoothing = self._recipe.smoothing if training else 0.0
            weights = self._weights.to(outputs.device)
            return cross_entropy(outputs, targets, weights, smoothing, ordinal)
        if self._loss == "mse":
            return functional.mse_loss(outputs[:, 0], targets)
        return concordance(outputs[:, 0], targets)

    def answers(self, outputs: Tensor) -> NDArray[np.float32]:
        """Probabilities [rows, classes], or values [rows, 1] in the targets' own units."""
        if self._problem.kind == "class":
            return outputs.softmax(1).numpy()
        return (outputs * self._spread + self._centre).numpy()


def criterion(problem: Problem, answers: NDArray[np.float32], rows: Rows) -> float:
    """What candidates of a search are compared by, whatever loss each was trained with.

    Classes: log-loss, every row counting alike; with distributions of raters cross-entropy. Numbers:
    1 - CCC. ``answers`` are as :meth:`Objective.answers` gives them.
    """
    targets = torch.from_numpy(problem.targets[rows])
    if problem.kind == "number":
        return float(concordance(torch.from_numpy(answers[:, 0]).double(), targets))
    if problem.distributions is not None:
        logarithms = np.log(np.clip(answers, 1e-9, 1))
        return float(-(problem.distributions[rows] * logarithms).sum(1).mean())
    chances = np.clip(answers[np.arange(len(rows)), targets.long()], 1e-9, 1)
    return float(-np.log(chances).mean())


def cross_entropy(
    logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float = 0.0, ordinal: bool = False
) -> Tensor:
    """Weighted cross-entropy of logits [n, classes] against class indices [n].

    ``ordinal`` spreads a target's weight to the other classes as ``smoothing`` to the power of
    their distance (after Díaz & Marathe's soft labels, 2019); without it, to all of them alike.
    """
    if not ordinal:
        return functional.cross_entropy(logits, targets, weights, label_smoothing=smoothing)
    places = torch.arange(logits.shape[1], device=logits.device)
    distance = (places - targets[:, None]).abs().float()
    soft = torch.where(distance == 0, 1.0, smoothing**distance)
    soft = soft / soft.sum(1, keepdim=True)
    each = -(soft * logits.log_softmax(1)).sum(1)
    weight = weights[targets]
    return (each * weight).sum() / weight.sum()


def concordance(values: Tensor, targets: Tensor) -> Tensor:
    """1 - CCC (Lin, 1989) of values [n] against targets [n], both normalised by n.

    Where both are constant there is no agreement to measure: the loss is then 1 plus their squared
    distance.

    >>> float(concordance(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 3.0])))
    0.0
    """
    mean_v, mean_t = values.mean(), targets.mean()
    covariance = ((values - mean_v) * (targets - mean_t)).mean()
    spread = values.var(correction=0) + targets.var(correction=0)
    distance = (mean_v - mean_t).square()
    flat = spread < 1e-12
    ratio = 2 * covariance / torch.where(flat, torch.ones_like(spread), spread + distance)
    return torch.where(flat, 1 + distance, 1 - ratio)


def _loss(problem: Problem, recipe: Recipe) -> str:
    losses = {"class": ("cross-entropy", "ordinal"), "number": ("ccc", "mse")}[problem.kind]
    name = losses[0] if recipe.loss == "auto" else recipe.loss
    if name not in losses:
        raise UsageError(
            f"loss is '{name}', for a {problem.kind} it may be {' or '.join(sorted(losses))}."
        )
    if name == "ordinal" and problem.distributions is not None:
        raise UsageError("loss is 'ordinal', for a distribution it may be cross-entropy.")
    return name
