"""The training side of a fold: its rows, their weights in the loss, and its inner folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.convex.criterion import Criterion, log_loss, squared_error, uncorrelated
from paralbench.heads.convex.inner_folds import InnerFolds
from paralbench.heads.head import OutOfFold, Problem, Rows, Split
from paralbench.records.errors import ParalbenchError

Array = NDArray[np.float64]
Model = TypeVar("Model")


@dataclass(frozen=True)
class TrainingSide:
    """What is learnt from, whatever learns.

    Args:
        rows: numbers of the rows, in order.
        targets: [rows], class indices or values.
        classes: how many; 0 for numbers.
        distributions: [rows, classes], the shares of raters' votes where these are learnt.
        weights: [rows], of each row in the loss; of numbers and distributions all 1.
        folds: inner folds.
        criterion: "log-loss", "squared-error" or "ccc".
        independent: whether no group is on both sides of an inner fold.
    """

    rows: Rows
    targets: Array
    classes: int
    distributions: Array | None
    weights: Array
    folds: InnerFolds
    criterion: str
    independent: bool

    @classmethod
    def of(cls, problem: Problem, rows: Rows, settings: Any, criterion: str) -> Self:
        """The side of these rows.

        Args:
            problem: the targets of all rows.
            rows: those that are fitted on.
            settings: a head's, with ``inner_folds`` and ``class_weights``.
            criterion: of numbers; classes are judged by log-loss.
        """
        targets, classes = problem.targets[rows], problem.classes if problem.kind == "class" else 0
        groups = problem.recordings if problem.groups is None else problem.groups
        kinds = targets.astype(np.int64) if classes else np.zeros(len(rows), np.int64)
        folds = InnerFolds.of(None if groups is None else groups[rows], kinds, settings.inner_folds)
        distributions = None if problem.distributions is None else problem.distributions[rows]
        weights = np.ones(len(rows))
        # Weights of classes would move predicted distributions away from those of the raters.
        if classes and distributions is None and settings.class_weights == "balanced":
            counts = np.bincount(kinds, minlength=classes)
            weights = len(rows) / np.count_nonzero(counts) / counts[kinds]
        criterion = "log-loss" if classes else criterion
        independent = folds.count > 0 and (folds.kept or groups is None)
        return cls(rows, targets, classes, distributions, weights, folds, criterion, independent)

    @cached_property
    def shares(self) -> Array:
        """[rows, classes] of each class in a row's target: raters' votes, or 1 for the row's class."""
        if self.distributions is not None:
            return self.distributions
        known: Array = np.eye(self.classes)[self.targets.astype(np.int64)]
        return known

    @property
    def learnt(self) -> Array:
        """The distributions where these are learnt, otherwise the targets."""
        return self.targets if self.distributions is None else self.distributions

    @cached_property
    def judge(self) -> Criterion:
        """The criterion over the rows that can be scored."""
        loss = {"log-loss": log_loss, "squared-error": squared_error, "ccc": uncorrelated}
        scored = np.where(self.folds.scored, self.weights, 0.0)
        truth = self.shares if self.classes else self.targets
        return Criterion(loss[self.criterion], truth, scored, self.folds.number)

    def out_of_fold(self, outputs: Array) -> OutOfFold | None:
        """Logits or values [rows, outputs] of inner folds to hand on, where they are independent."""
        return OutOfFold(self.rows, self.answers(outputs)) if self.independent else None

    def answers(self, outputs: Array) -> NDArray[np.float32]:
        """Probabilities of logits, or values as they are."""
        if self.classes:
            outputs = np.exp(outputs - outputs.max(1, keepdims=True))
            outputs /= outputs.sum(1, keepdims=True)
        return outputs.astype(np.float32)

    def record(self, held_out: Array, settings: Any) -> dict[str, Any]:
        """What a result records of the choice: its loss, and what it was fitted on."""
        return {
            f"inner_{self.criterion.replace('-', '_')}": (
                self.judge(held_out) if self.folds.count else None
            ),
            "inner_folds": self.folds.count,
            "inner_folds_of": "groups" if self.folds.kept else "rows",
            "fitted_on": "train and development" if settings.refit else "train",
        }


def training_rows(split: Split, problem: Problem, refit: bool) -> Rows:
    """Rows that are fitted on, in order.

    Raises:
        ParalbenchError: where a group of theirs is also tested. A split that tests every row, as one
            for a head to be deployed does, tests nothing.
    """
    rows = np.union1d(split.train, split.develop) if refit else np.unique(split.train)
    if np.isin(rows, split.test).all():
        return rows
    groups = np.arange(len(problem.targets)) if problem.groups is None else problem.groups
    crossing = np.intersect1d(groups[rows], groups[split.test])
    if len(crossing):
        raise ParalbenchError(
            f"fold {split.fold}: group {crossing[0]} is on the training side and tested."
        )
    return rows


def fitted_once(
    splits: Sequence[Split], problem: Problem, refit: bool, fit: Callable[[Rows], Model]
) -> Iterator[tuple[Split, Model]]:
    """Each split with the model of its training side; splits of the same rows share one.

    Raises:
        ParalbenchError: as :func:`training_rows`.
    """
    models: dict[bytes, Model] = {}
    for split in splits:
        rows = training_rows(split, problem, refit)
        key = rows.tobytes()
        if key not in models:
            models[key] = fit(rows)
        yield split, models[key]
