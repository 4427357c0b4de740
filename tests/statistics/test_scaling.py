"""Temperature and Platt scaling: against scikit-learn and scipy, and where truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from paralbench.statistics import calibration, scaling
from paralbench.statistics.scaling import METHODS, Method

Array = NDArray[np.float64]


def _drawn(classes: int, rows: int, seed: int = 0) -> tuple[Array, NDArray[np.int64]]:
    """True probabilities, and classes drawn by them."""
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(0, 1.5, (rows, classes)), axis=1)
    truth = (rng.random((rows, 1)) > probabilities.cumsum(1)).sum(1)
    return probabilities, truth


def test_two_classes_by_platt_are_the_line_of_binary_calibration() -> None:
    probabilities, truth = _drawn(2, 400)
    line = calibration.fitted("platt", probabilities[:, 1], truth.astype(float), np.ones(400))
    scaled = scaling.fitted("platt", probabilities, truth)(probabilities)
    assert scaled[:, 1] == pytest.approx(line(probabilities[:, 1]), abs=1e-4)


def test_many_rows_by_platt_are_scikit_learns_logistic_regression() -> None:
    """Of 20,000 rows Platt's targets are next to 0 and 1."""
    probabilities, truth = _drawn(2, 20_000)
    odds = np.log(probabilities[:, 1:] / probabilities[:, :1])
    model = LogisticRegression(C=np.inf, tol=1e-10).fit(odds, truth)
    scaled = scaling.fitted("platt", probabilities, truth)(probabilities)
    assert scaled == pytest.approx(model.predict_proba(odds), abs=2e-3)


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_temperature_has_the_least_log_loss(classes: int) -> None:
    probabilities, truth = _drawn(classes, 20_000)
    sharpened = softmax(3 * np.log(probabilities), axis=1)
    factor = scaling.fitted("temperature", sharpened, truth).factor
    best = minimize_scalar(
        lambda power: log_loss(truth, softmax(power * np.log(sharpened), axis=1)),
        bounds=(0.05, 3), method="bounded",
    )  # fmt: skip
    assert factor == pytest.approx(best.x, rel=0.01)
    assert factor == pytest.approx(1 / 3, rel=0.05)


def test_platt_undoes_other_shares_of_the_classes() -> None:
    probabilities, truth = _drawn(3, 20_000)
    weighted = probabilities * [1, 5, 20]
    weighted /= weighted.sum(1, keepdims=True)
    fitted = scaling.fitted("platt", weighted, truth)
    other, _ = _drawn(3, 500, seed=1)
    shifted = other * [1, 5, 20]
    mended = fitted(shifted / shifted.sum(1, keepdims=True))
    assert np.abs(mended - other).max() < 0.05
    assert fitted.bias.sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_separated_and_absent_classes_give_finite_parameters(method: Method) -> None:
    truth = np.repeat([0, 1], 20)
    certain = np.eye(3)[truth]
    fitted = scaling.fitted(method, certain, truth)
    scaled = fitted(certain)
    assert np.isfinite([fitted.factor, *fitted.bias]).all()
    assert (scaled.argmax(1) == truth).all()
    assert scaled.min() > 0
    assert scaled.sum(1) == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_confidence_that_means_nothing_is_taken_away(method: Method) -> None:
    probabilities, _ = _drawn(3, 3000)
    truth = np.random.default_rng(1).integers(3, size=3000)
    scaled = scaling.fitted(method, probabilities, truth)(probabilities)
    assert scaled == pytest.approx(1 / 3, abs=0.05)


def test_log_loss_is_scikit_learns() -> None:
    probabilities, truth = _drawn(4, 200)
    assert scaling.log_loss(probabilities, truth) == pytest.approx(log_loss(truth, probabilities))
