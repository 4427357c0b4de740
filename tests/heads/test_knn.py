"""Neighbours against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from paralbench.features.spec import FeatureSpec
from paralbench.heads import settings
from paralbench.heads.deployable import Layout
from paralbench.heads.knn import HEAD
from paralbench.records.model_card import ModelCard

RANDOM = np.random.default_rng(5)
ROWS, QUERIES = (RANDOM.normal(size=(n, 7)).astype(np.float32).astype(float) for n in (60, 40))


def _scores(targets: np.ndarray, classes: int, k: int, weights: str = "none") -> np.ndarray:
    chosen = settings("knn", {"class_weights": weights})
    (model,) = HEAD.models(ROWS, targets, classes, [{"k": k}], chosen)
    tensors = {name: torch.from_numpy(values.astype(float)) for name, values in model.items()}
    return HEAD.scores(torch.from_numpy(QUERIES), tensors).numpy()


@pytest.mark.parametrize("k", [1, 3, 9, 25])
def test_votes_are_those_of_scikit_learn(k: int) -> None:
    targets = RANDOM.integers(0, 3, len(ROWS)).astype(float)
    expected = KNeighborsClassifier(k).fit(ROWS, targets)
    scores = _scores(targets, 3, k)
    assert np.expm1(scores) / k == pytest.approx(expected.predict_proba(QUERIES), abs=1e-6)
    assert np.array_equal(scores.argmax(1), expected.predict(QUERIES))


@pytest.mark.parametrize("k", [1, 5])
def test_values_are_those_of_scikit_learn(k: int) -> None:
    targets = RANDOM.normal(size=len(ROWS))
    expected = KNeighborsRegressor(k).fit(ROWS, targets).predict(QUERIES)
    assert _scores(targets, 0, k)[:, 0] == pytest.approx(expected, abs=1e-6)


def test_balanced_votes_count_by_how_rare_a_class_is() -> None:
    targets = np.repeat([0.0, 1.0], [45, 15])
    plain, balanced = (np.expm1(_scores(targets, 2, 9, each)) for each in ("none", "balanced"))
    assert balanced == pytest.approx(plain * [60 / 2 / 45, 60 / 2 / 15], rel=1e-5)


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_distributions_are_averaged_as_by_scikit_learn(weights: str) -> None:
    shares = RANDOM.dirichlet(np.ones(3), len(ROWS))
    expected = KNeighborsRegressor(5).fit(ROWS, shares).predict(QUERIES)
    assert np.expm1(_scores(shares, 3, 5, weights)) / 5 == pytest.approx(expected, abs=1e-6)


def test_there_are_never_more_neighbours_than_rows() -> None:
    scores = _scores(RANDOM.normal(size=len(ROWS)), 0, 1000)
    assert np.ptp(scores) == pytest.approx(0, abs=1e-12)


def test_its_cost_grows_with_the_rows_of_the_layout() -> None:
    card = ModelCard(
        id="model", title="A model", backend="python", rate=16000, layers=2, width=6,
        frame_rate=50.0, parameters=0, licence="none", citation="none",
    )  # fmt: skip
    layout = Layout((card,), FeatureSpec("pooled"), 3, rows=200)
    form = HEAD.forms(settings("knn", {}), layout).deployed
    state = form.state()
    assert state["rows"].shape == (200, 12)
    assert state["answers"].shape == (200, 3)
    record = np.ones((2, 2, 6), np.float32)
    assert form.outputs([record]).shape == (1, 3)
