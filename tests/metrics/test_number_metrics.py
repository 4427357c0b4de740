"""Metrics of numbers against formulas written a second time, and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn

from paralbench.metrics import metric

Numbers = NDArray[np.float64]


def _ccc(truth: Numbers, predicted: Numbers) -> float:
    """Lin (1989), equation for a sample, with moments divided by n."""
    covariance = np.mean((truth - truth.mean()) * (predicted - predicted.mean()))
    spread = truth.var(ddof=0) + predicted.var(ddof=0) + (truth.mean() - predicted.mean()) ** 2
    return float(2 * covariance / spread)


ORACLES: dict[str, Callable[[Numbers, Numbers], float]] = {
    "ccc": _ccc,
    "mae": lambda t, p: float(sklearn.mean_absolute_error(t, p)),
    "rmse": lambda t, p: float(sklearn.root_mean_squared_error(t, p)),
}

values = st.floats(-100, 100).map(lambda value: round(value, 3))
pairs = st.lists(st.tuples(values, values), min_size=2, max_size=50)


@pytest.mark.parametrize("name", ORACLES)
@given(drawn=pairs)
def test_equals_its_formula(name: str, drawn: list[tuple[float, float]]) -> None:
    truth, predicted = np.array(drawn).T
    assume(np.ptp(truth) > 0.01 or np.ptp(predicted) > 0.01)
    expected = ORACLES[name](truth, predicted)
    assert metric(name)(truth, predicted) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_survives_numbers_far_from_zero(name: str) -> None:
    rng = np.random.default_rng(0)
    truth = 1e8 + rng.normal(size=500)
    predicted = truth + 0.3 * rng.normal(size=500)
    assert metric(name)(truth, predicted) == pytest.approx(ORACLES[name](truth, predicted), 1e-6)


def test_ccc_knows_scale_and_place_where_correlation_does_not() -> None:
    truth = np.linspace(0, 1, 50)
    assert metric("ccc")(truth, truth) == pytest.approx(1)
    assert metric("ccc")(truth, truth + 1) < 0.2
    assert metric("ccc")(truth, 1 - truth) == pytest.approx(-1)


def test_ccc_of_a_constant_prediction_is_zero() -> None:
    assert metric("ccc")(np.array([1.0, 2.0, 4.0]), np.full(3, 2.1)) == pytest.approx(0)


@pytest.mark.parametrize("value", [0.0, 3.3, 1e9 + 0.1])
def test_ccc_of_one_and_the_same_constant_is_an_error(value: float) -> None:
    with pytest.raises(ValueError, match="not defined"):
        metric("ccc")(np.full(7, value), np.full(7, value))
