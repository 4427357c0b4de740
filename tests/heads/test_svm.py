"""Support vector machines against scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC, SVR

from paralbench.heads import settings
from paralbench.heads.svm import HEAD

RANDOM = np.random.default_rng(3)
COLUMNS = 6
ROWS, QUERIES = (
    RANDOM.normal(size=(n, COLUMNS)).astype(np.float32).astype(float) for n in (80, 40)
)
TARGETS = (ROWS[:, 0] + RANDOM.normal(size=80) / 2 > 0.3).astype(float) + (ROWS[:, 1] > 0.5)
KERNELS: list[tuple[str, dict[str, float], dict[str, Any]]] = [
    ("rbf", {"C": 10.0, "gamma": 0.1}, {"kernel": "rbf", "C": 10.0, "gamma": 0.1}),
    # The head's product is divided by the number of columns.
    ("linear", {"C": 10.0}, {"kernel": "linear", "C": 10.0 / COLUMNS}),
]  # fmt: skip


def _scores(
    targets: np.ndarray, classes: int, kernel: str, candidate: dict[str, float], weights: str
) -> np.ndarray:
    chosen = settings("svm", {"kernel": kernel, "class_weights": weights})
    (model,) = HEAD.models(ROWS, targets, classes, [candidate], chosen)
    tensors = {name: torch.from_numpy(values.astype(float)) for name, values in model.items()}
    return HEAD.scores(torch.from_numpy(QUERIES), tensors).numpy()


@pytest.mark.parametrize("weights", ["balanced", "none"])
@pytest.mark.parametrize(("kernel", "candidate", "theirs"), KERNELS)
def test_decisions_are_those_of_scikit_learn(
    kernel: str, candidate: dict[str, float], theirs: dict[str, Any], weights: str
) -> None:
    balance = "balanced" if weights == "balanced" else None
    machine = SVC(**theirs, class_weight=balance, tol=1e-3)
    expected = OneVsRestClassifier(machine).fit(ROWS, TARGETS)
    scores = _scores(TARGETS, 3, kernel, candidate, weights)
    assert scores == pytest.approx(expected.decision_function(QUERIES), abs=0.02)
    assert (scores.argmax(1) == expected.predict(QUERIES)).mean() > 0.97


@pytest.mark.parametrize(("kernel", "candidate", "theirs"), KERNELS)
def test_values_are_those_of_scikit_learn(
    kernel: str, candidate: dict[str, float], theirs: dict[str, Any]
) -> None:
    """Of targets in units of their deviation."""
    targets = 100 + 7 * ROWS[:, 0]
    expected = SVR(**theirs).fit(ROWS, (targets - targets.mean()) / targets.std())
    values = expected.predict(QUERIES) * targets.std() + targets.mean()
    scores = _scores(targets, 0, kernel, candidate, "balanced")
    assert scores[:, 0] == pytest.approx(values, abs=0.05)


def test_a_class_without_rows_is_never_predicted() -> None:
    targets = np.where(TARGETS == 1, 0.0, TARGETS)
    scores = _scores(targets, 3, "rbf", {"C": 1.0, "gamma": 0.1}, "balanced")
    assert (scores[:, 1] == -1).all()
    assert 1 not in scores.argmax(1)
