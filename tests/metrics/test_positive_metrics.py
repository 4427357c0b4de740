"""Metrics of the positive class, which is the last, against scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from paralbench.metrics import metric
from paralbench.records.task_card import ClassTarget

ORACLES: dict[str, Callable[[Any, Any], float]] = {
    "sensitivity": lambda truth, predicted: float(
        sklearn.recall_score(truth, predicted, zero_division=np.nan)
    ),
    "specificity": lambda truth, predicted: float(
        sklearn.recall_score(truth, predicted, pos_label=0, zero_division=np.nan)
    ),
    "f1": lambda truth, predicted: float(
        sklearn.f1_score(truth, predicted, zero_division=np.nan)
    ),
}  # fmt: skip

# Three classes, of which the last is positive: the others count as one negative.
pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


@pytest.mark.parametrize("name", ORACLES)
@given(drawn=pairs)
def test_equals_scikit_learn(name: str, drawn: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(drawn, dtype=float).T
    expected = ORACLES[name](truth == 2, predicted == 2)
    if np.isnan(expected):
        with pytest.raises(ValueError, match="not defined"):
            metric(name)(truth, predicted, 3)
    else:
        assert metric(name)(truth, predicted, 3) == pytest.approx(expected, abs=1e-12)


def test_the_positive_class_is_the_last_as_cards_say() -> None:
    truth, predicted = np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 1, 1])
    assert metric("sensitivity")(truth, predicted, 2) == 1
    assert metric("specificity")(truth, predicted, 2) == pytest.approx(1 / 3)
    assert metric("f1")(truth, predicted, 2) == pytest.approx(2 * (1 / 3) / (1 / 3 + 1))
    assert "it is the last" in (ClassTarget.__doc__ or "")
