"""Metrics of probabilities against scikit-learn, and against their definitions written again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from paralbench.metrics import metric
from paralbench.metrics.metric import Array


def _binary(seed: int, rows: int = 60, steps: int = 8) -> tuple[Array, Array]:
    """Truth, and probabilities [rows, 2] with many ties."""
    rng = np.random.default_rng(seed)
    truth = np.append(rng.integers(0, 2, rows - 2), [0, 1]).astype(float)
    positive = rng.integers(0, steps + 1, rows) / steps
    return truth, np.stack([1 - positive, positive], 1)


def _told(name: str, truth: Array, outputs: Array) -> float:
    return metric(name)(truth, outputs.argmax(1), outputs.shape[1], outputs)


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 40))
def test_auroc_and_brier_are_scikit_learns(seed: int, steps: int) -> None:
    truth, outputs = _binary(seed, steps=steps)
    assert _told("auroc", truth, outputs) == pytest.approx(
        sklearn.roc_auc_score(truth, outputs[:, 1]), abs=1e-12
    )
    assert _told("brier", truth, outputs) == pytest.approx(
        sklearn.brier_score_loss(truth, outputs[:, 1]), abs=1e-12
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_auroc_is_how_often_a_positive_wins(seed: int) -> None:
    truth, outputs = _binary(seed)
    positive, negative = outputs[truth == 1, 1], outputs[truth == 0, 1]
    wins = np.sign(np.subtract.outer(positive, negative)) / 2 + 0.5
    assert _told("auroc", truth, outputs) == pytest.approx(wins.mean(), abs=1e-12)


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 40))
def test_sensitivity_at_90_specificity_is_the_best_point_of_the_curve(
    seed: int, steps: int
) -> None:
    truth, outputs = _binary(seed, steps=steps)
    false_alarms, hits, _ = sklearn.roc_curve(truth, outputs[:, 1], drop_intermediate=False)
    assert _told("sensitivity-at-90-specificity", truth, outputs) == pytest.approx(
        hits[false_alarms <= 0.1].max(), abs=1e-12
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_brier_of_many_classes_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs, truth = rng.dirichlet([1.0] * 4, 50), rng.integers(0, 4, 50).astype(float)
    expected = sklearn.brier_score_loss(truth, outputs, labels=[0, 1, 2, 3])
    assert _told("brier", truth, outputs) == pytest.approx(expected, abs=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_ece_is_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs, truth = rng.dirichlet([0.7] * 3, 80), rng.integers(0, 3, 80)
    confidence, right = outputs.max(1), outputs.argmax(1) == truth
    expected = 0.0
    for low in range(10):
        inside = (confidence > low / 10) & (confidence <= (low + 1) / 10)
        if inside.any():
            separate = abs(right[inside].mean() - confidence[inside].mean())
            expected += inside.sum() / 80 * separate
    assert _told("ece", truth.astype(float), outputs) == pytest.approx(expected, abs=1e-12)


def test_ece_of_honest_probabilities_vanishes_with_size_and_of_boasts_does_not() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(100_000)
    truth = (rng.random(100_000) < positive).astype(float)
    boast = (positive > 0.5).astype(float)
    assert _told("ece", truth, np.stack([1 - positive, positive], 1)) < 0.01
    assert _told("ece", truth, np.stack([1 - boast, boast], 1)) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("name", ["auroc", "sensitivity-at-90-specificity"])
def test_without_a_negative_there_is_no_curve(name: str) -> None:
    with pytest.raises(ValueError, match="not defined"):
        _told(name, np.ones(3), np.full((3, 2), 0.5))


@pytest.mark.parametrize("name", ["auroc", "brier", "ece", "sensitivity-at-90-specificity"])
def test_decisions_alone_are_not_enough(name: str) -> None:
    with pytest.raises(ValueError, match="expected probabilities"):
        metric(name)(np.array([0.0, 1]), np.array([0.0, 1]), 2)
