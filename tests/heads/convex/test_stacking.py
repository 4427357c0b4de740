"""Stacking: the weights that have the least loss, never negative."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.heads.convex import stacking
from paralbench.heads.convex.criterion import log_loss


def test_of_numbers_is_the_quadratic_minimum() -> None:
    rng = np.random.default_rng(0)
    targets = rng.normal(size=300)
    values = targets * np.array([[1.0], [0.5], [0.2]]) + rng.normal(size=(3, 300)) + 7
    centred, truth = values - values.mean(1, keepdims=True), targets - targets.mean()
    gram = centred @ centred.T / (truth @ truth) + stacking.PULL * np.eye(3)
    expected = np.linalg.solve(gram, centred @ truth / (truth @ truth) + stacking.PULL / 3)
    assert (expected > 0).all()
    assert stacking.of_numbers(values, targets) == pytest.approx(expected, abs=1e-5)


def test_a_layer_that_is_wrong_gets_nothing() -> None:
    rng = np.random.default_rng(0)
    targets = rng.normal(size=300)
    weights = stacking.of_numbers(np.stack([targets, -targets + rng.normal(size=300)]), targets)
    assert 0 <= weights[1] < 0.01
    classes = rng.integers(3, size=300)
    logits = np.stack([2 * np.eye(3)[classes], -np.eye(3)[classes]])
    logits += rng.normal(size=logits.shape)
    assert stacking.of_classes(logits, np.eye(3)[classes], np.ones(300))[1] < 0.01


def test_of_classes_no_neighbour_is_better() -> None:
    rng = np.random.default_rng(1)
    classes, weights = rng.integers(3, size=200), rng.random(200)
    logits = np.eye(3)[classes] * rng.random((4, 1, 1)) + rng.normal(size=(4, 200, 3))

    def objective(layers: np.typing.NDArray[np.float64]) -> float:
        loss = log_loss(np.tensordot(layers, logits, 1), np.eye(3)[classes], weights)
        return loss + stacking.PULL * float(((layers - 0.25) ** 2).sum())

    best = stacking.of_classes(logits, np.eye(3)[classes], weights)
    for step in rng.normal(0, 1e-2, (50, 4)):
        assert objective(np.maximum(best + step, 0)) >= objective(best) - 1e-9
