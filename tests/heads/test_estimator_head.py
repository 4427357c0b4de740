"""Heads over scikit-learn estimators and plain torch modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import nn

from paralbench.features.spec import FeatureSpec
from paralbench.heads.deployable import Layout
from paralbench.heads.estimator_head import EstimatorHead
from paralbench.heads.head import PooledStream, Problem, Split
from paralbench.heads.module_head import module_head
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard

CARD = ModelCard(
    id="array", title="array", backend="python", rate=16000, layers=3, width=4, frame_rate=50.0,
    parameters=0, licence="none", citation="none",
)  # fmt: skip


def _material(kind: str) -> tuple[PooledStream, Problem, list[Split]]:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((90, 3, 2, 4)).astype(np.float32)
    groups = np.arange(90) // 9
    targets = np.arange(90) % 3 if kind == "class" else values[:, :, 0, 1].mean(1) * 5 + 10
    if kind == "class":
        values[:, :, 0, 0] += 2 * targets[:, None]
    rows = np.arange(90)
    splits = [
        Split(fold, fold, rows[groups % 5 != fold], rows[:0], rows[groups % 5 == fold])
        for fold in (0, 1)
    ]
    classes = 3 if kind == "class" else 0
    problem = Problem(
        "class" if classes else "number", targets.astype(float), classes, groups=groups
    )
    return PooledStream("array", values), problem, splits


def _deployed(head: Any, fitted: Any, settings: Any, classes: int, values: Any) -> Any:
    layout = Layout((CARD,), FeatureSpec("pooled"), classes)
    form = head.deployable(fitted.state, settings, layout)
    return np.concatenate([form.outputs([record]) for record in values[fitted.split.test]])


@pytest.mark.parametrize("kind", ["class", "number"])
def test_the_deployed_estimator_computes_what_was_fitted(kind: str) -> None:
    head = EstimatorHead("forest", RandomForestClassifier(20), RandomForestRegressor(20))
    assert not head.deterministic
    stream, problem, splits = _material(kind)
    settings = head.settings(parameters={"max_depth": 4})
    for fitted in head.fit([stream], problem, splits, settings).fitted:
        outputs = _deployed(head, fitted, settings, problem.classes, stream.values)
        np.testing.assert_array_equal(outputs.astype(np.float32), fitted.outputs)
    first, again = (head.fit([stream], problem, splits, settings).fitted[0] for _ in range(2))
    np.testing.assert_array_equal(first.outputs, again.outputs)


def test_it_is_scikit_learns_pipeline_on_the_mean_over_layers() -> None:
    head = EstimatorHead("bayes", GaussianNB())
    assert head.deterministic
    assert head.targets == {"class"}
    stream, problem, splits = _material("class")
    rows = stream.values.mean(1, dtype=float).reshape(90, -1)
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    for fitted in head.fit([stream], problem, splits, head.settings()).fitted:
        split = fitted.split
        pipeline.fit(rows[split.train], problem.targets[split.train])
        expected = pipeline.predict_proba(rows[split.test])
        np.testing.assert_allclose(fitted.outputs, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_its_cost_is_that_of_the_rows_it_was_fitted_on(kind: str) -> None:
    head = EstimatorHead("forest", RandomForestClassifier(5), RandomForestRegressor(5))
    stream, problem, splits = _material(kind)
    fits = head.fit([stream], problem, splits, head.settings())
    state = fits.fitted[0].state
    numbers = sum(values.size for values in state.values())
    assert head.stores_rows(head.settings())
    assert fits.trained_parameters == numbers
    layout = Layout((CARD,), FeatureSpec("pooled"), problem.classes, rows=len(state["rows"]))
    forms = head.forms(head.settings(), layout)
    assert forms.deployed.parameters == numbers
    assert forms.deployed.size == head.deployable(state, head.settings(), layout).size


def test_a_class_without_training_rows_has_probability_zero() -> None:
    head = EstimatorHead("bayes", GaussianNB())
    stream, problem, (split, _) = _material("class")
    few = Split(0, 0, split.train[problem.targets[split.train] < 2], split.develop, split.test)
    (fitted,) = head.fit([stream], problem, [few], head.settings()).fitted
    assert fitted.outputs.shape[1] == 3
    assert not fitted.outputs[:, 2].any()


def test_what_cannot_be_a_head_is_explained() -> None:
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba; wrap it"):
        EstimatorHead("machine", LinearSVC())
    with pytest.raises(TypeError, match="expected a classifier, a regressor, or both"):
        EstimatorHead("nothing")
    head = EstimatorHead("bayes", GaussianNB())
    with pytest.raises(ParalbenchError, match="not one that this paralbench's 'bayes' makes"):
        head.deployable({}, head.settings(), Layout((CARD,), FeatureSpec("pooled"), 3))


class Two(nn.Sequential):
    def __init__(self, width: int, outputs: int) -> None:
        super().__init__(nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, outputs))


def test_a_torch_module_is_a_head() -> None:
    head = module_head("two", Two)
    stream, problem, splits = _material("class")
    stream = PooledStream("array", stream.values + problem.targets[:, None, None, None].astype("f"))
    settings = head.settings(epochs=30, rate=0.05)
    for fitted in head.fit([stream], problem, splits, settings).fitted:
        outputs = _deployed(head, fitted, settings, 3, stream.values)
        np.testing.assert_allclose(outputs, fitted.outputs, atol=1e-5)
        right = fitted.outputs.argmax(1) == problem.targets[fitted.split.test]
        assert right.mean() > 0.7
