"""Metrics of classes against scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from paralbench.metrics import metric

CLASSES = 4


def _macro_f1_of_seen(truth: Any, predicted: Any) -> float:
    """scikit-learn without ``labels`` averages over the classes that were there or predicted."""
    return float(sklearn.f1_score(truth, predicted, average="macro", zero_division=0))


def _weighted_f1(truth: Any, predicted: Any) -> float:
    return float(sklearn.f1_score(truth, predicted, average="weighted", zero_division=0))


def _uar(truth: Any, predicted: Any) -> float:
    """``labels`` names the classes that are there: recall of an absent class is not defined."""
    return float(
        sklearn.recall_score(
            truth, predicted, labels=np.unique(truth), average="macro", zero_division=0
        )
    )


ORACLES: dict[str, Callable[[Any, Any], float]] = {
    "uar": _uar,
    "wa": lambda truth, predicted: float(sklearn.accuracy_score(truth, predicted)),
    "macro-f1": _macro_f1_of_seen,
    "weighted-f1": _weighted_f1,
}

pairs = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=60
)


@pytest.mark.parametrize("name", ORACLES)
@given(drawn=pairs)
def test_equals_scikit_learn(name: str, drawn: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(drawn, dtype=float).T
    assert metric(name)(truth, predicted, CLASSES) == pytest.approx(
        ORACLES[name](truth, predicted), abs=1e-12
    )


@pytest.mark.parametrize("name", ORACLES)
def test_examples_may_come_in_any_order(name: str) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, CLASSES, 80).astype(float)
    predicted = rng.integers(0, CLASSES, 80).astype(float)
    order = rng.permutation(80)
    item = metric(name)
    assert item(truth, predicted, CLASSES) == item(truth[order], predicted[order], CLASSES)


def test_uar_leaves_out_a_class_that_is_not_there() -> None:
    truth, predicted = np.array([0.0, 0, 1, 1]), np.array([0.0, 0, 1, 2])
    assert metric("uar")(truth, predicted, 3) == pytest.approx((1 + 0.5) / 2)


def test_macro_f1_counts_a_class_that_was_only_predicted() -> None:
    truth, predicted = np.array([0.0, 0, 1, 1]), np.array([0.0, 0, 1, 2])
    assert metric("macro-f1")(truth, predicted, 4) == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_chance_is_what_a_guesser_gets() -> None:
    rng = np.random.default_rng(1)
    truth = rng.choice(3, 60000, p=[0.8, 0.15, 0.05]).astype(float)
    guessed = rng.integers(0, 3, 60000).astype(float)
    uar = metric("uar")
    assert uar.chance is not None
    assert uar(truth, guessed, 3) == pytest.approx(uar.chance(3), abs=0.02)


@pytest.mark.parametrize("wrong", [4.0, -1.0, 0.5])
def test_what_is_no_class_is_an_error(wrong: float) -> None:
    with pytest.raises(ValueError, match="expected a class from 0 to 3"):
        metric("uar")(np.array([0.0, 1.0]), np.array([0.0, wrong]), CLASSES)
