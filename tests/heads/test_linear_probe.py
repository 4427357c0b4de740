"""The default probe: what it learns, how it chooses, and what it must not see."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from paralbench.features.spec import FeatureSpec
from paralbench.heads.convex.layer import STRENGTHS
from paralbench.heads.deployable import Layout
from paralbench.heads.head import Fits, Fitted, PooledStream, Problem, Rows, Split, Workplace
from paralbench.heads.linear_probe import HEAD, Settings
from paralbench.metrics import metric
from paralbench.records.errors import CardError, ParalbenchError, UsageError
from paralbench.records.model_card import ModelCard, Words
from tests.heads.speakers import (
    CLASSES,
    LAYERS,
    ROWS,
    WIDTH,
    Features,
    Kind,
    speakers,
    speakers_split,
)  # fmt: skip


def _fit(features: Features, problem: Problem, splits: list[Split], **settings: Any) -> Fits:
    return HEAD.fit([PooledStream("some", features)], problem, splits, Settings(**settings))


def _one(features: Features, problem: Problem, **settings: Any) -> Fitted:
    (fitted,) = _fit(features, problem, [speakers_split()], **settings).fitted
    return fitted


def _accuracy(fitted: Fitted, problem: Problem) -> float:
    return float((fitted.outputs.argmax(1) == problem.targets[fitted.split.test]).mean())


def _same(fitted: Fitted, other: Fitted) -> None:
    assert fitted.state.keys() == other.state.keys()
    for name, values in fitted.state.items():
        assert np.array_equal(values, other.state[name]), name
    assert fitted.chosen == other.chosen


@pytest.mark.parametrize(
    ("layers", "least"), [("learned", 0.9), ("mean", 0.7), ("best", 0.9), (1, 0.9)]
)
def test_learns_what_can_be_separated(layers: Any, least: float) -> None:
    """Of the mean, two layers of three are noise of other spreads."""
    features, problem = speakers()
    fitted = _one(features, problem, layers=layers)
    assert _accuracy(fitted, problem) > least
    assert fitted.outputs.sum(1) == pytest.approx(1, abs=1e-5)


def test_learns_nothing_where_there_is_nothing() -> None:
    """Targets at random: outputs are close to equal, where a probe without a penalty is sure."""
    features, problem = speakers()
    shuffled = np.random.default_rng(0).permutation(problem.targets)
    fitted = _one(features, replace(problem, targets=shuffled))
    assert _accuracy(fitted, replace(problem, targets=shuffled)) < 0.6
    assert fitted.outputs.max() < 0.6


@pytest.mark.parametrize("criterion", ["ccc", "squared-error"])
def test_learns_a_number(criterion: str) -> None:
    features, problem = speakers(kind="number")
    fitted = _one(features, problem, criterion=criterion)
    assert fitted.outputs.shape == (len(fitted.split.test), 1)
    truth = problem.targets[fitted.split.test]
    assert metric("ccc")(truth, fitted.outputs[:, 0].astype(float)) > 0.85


def test_by_ccc_values_have_the_targets_deviation() -> None:
    features, problem = speakers(kind="number")
    targets = problem.targets + np.random.default_rng(1).normal(0, 8, ROWS)
    problem = replace(problem, targets=targets)
    deviations = {}
    for criterion in ("ccc", "squared-error"):
        held_out = _one(features, problem, criterion=criterion).out_of_fold
        assert held_out is not None
        deviations[criterion] = held_out.outputs.std() / targets[held_out.rows].std()
    assert deviations["ccc"] == pytest.approx(1, abs=1e-5)
    assert deviations["squared-error"] < 0.8


def test_a_number_that_nothing_predicts_is_not_blown_up() -> None:
    features, problem = speakers(kind="number")
    targets = np.random.default_rng(5).normal(0, 1, ROWS)
    fitted = _one(features, replace(problem, targets=targets))
    assert fitted.outputs.std() < 0.5


def test_a_series_keeps_recordings_together() -> None:
    features, problem = speakers(kind="number")
    recordings = np.asarray(problem.groups)
    series = replace(problem, recordings=recordings, groups=None)
    _same(_one(features, series), _one(features, problem))


def test_the_strength_is_the_best_where_the_loss_first_rises() -> None:
    """What most columns share, a loudness, means something else for each speaker; three others help."""
    random = np.random.default_rng(0)
    groups, classes = np.arange(300) % 5, random.integers(3, size=300)
    habits = random.standard_normal((5, 3))
    habits -= habits.mean(0)  # what the others do is the opposite of what a held-out speaker does
    values = habits[groups, classes][:, None] + 0.3 * random.standard_normal((300, 80))
    values[:, :3] += 0.6 * np.eye(3)[classes]
    rows = np.arange(300)
    fitted = _fit(
        values.astype(np.float32).reshape(300, 1, 2, 40),
        Problem("class", classes.astype(float), 3, groups=groups),
        [Split(0, 0, rows, rows[:0], rows)],
    ).fitted[0]
    losses = [_inner_loss(values, groups, classes, strength) for strength in STRENGTHS]
    assert losses[3] > losses[0] > 1.4 * min(losses)
    assert fitted.chosen["strengths"] == pytest.approx(
        [STRENGTHS[int(np.argmin(losses))]], rel=0.01
    )
    assert fitted.chosen["inner_log_loss"] == pytest.approx(min(losses), abs=0.02)


def _inner_loss(values: NDArray[np.float64], groups: Rows, classes: Rows, strength: float) -> float:
    """scikit-learn's log-loss, speaker by speaker left out, every class weighing the same."""
    scaled = StandardScaler().fit_transform(values)
    weights = (len(classes) / 3 / np.bincount(classes))[classes]
    chances = np.zeros((len(classes), 3))
    for speaker in range(5):
        held = groups == speaker
        model = LogisticRegression(C=1 / (strength * values.size), max_iter=2000)
        chances[held] = model.fit(scaled[~held], classes[~held], weights[~held]).predict_proba(
            scaled[held]
        )
    return float(log_loss(classes, chances, sample_weight=weights))


@pytest.mark.parametrize("layer", range(LAYERS))
def test_layer_weights_find_the_informative_layer(layer: int) -> None:
    features, problem = speakers(layer)
    weights = _one(features, problem).layer_weights
    assert weights is not None
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert weights.argmax() == layer
    assert weights[layer] > 0.5


@pytest.mark.parametrize("kind", ["class", "number"])
@pytest.mark.parametrize("layers", ["learned", "mean", "best", "last"])
def test_state_is_one_linear_map(kind: Kind, layers: Any) -> None:
    features, problem = speakers(kind=kind)
    for fitted in _fit(
        features, problem, [speakers_split(), speakers_split(4, 3)], layers=layers
    ).fitted:
        flat = features[fitted.split.test].reshape(-1, LAYERS, 2 * WIDTH)
        if layers == "last":
            flat = flat[:, -1:]
        weights, bias = fitted.state["weights"].astype(float), fitted.state["bias"].astype(float)
        outputs = np.einsum("rld,ldo->ro", flat, weights) + bias
        if kind == "class":
            outputs = np.exp(outputs - outputs.max(1, keepdims=True))
            outputs /= outputs.sum(1, keepdims=True)
        assert outputs == pytest.approx(fitted.outputs, abs=1e-5, rel=1e-5)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_test_rows_change_no_weight_by_a_bit(kind: Kind) -> None:
    features, problem = speakers(kind=kind)
    test = speakers_split().test
    before = _one(features, problem)
    changed, targets = features.copy(), problem.targets.copy()
    changed[test] = changed[test] * 1000 + 12345
    targets[test] = targets[test][::-1] + (0 if kind == "class" else 1e6)
    after = _one(changed, replace(problem, targets=targets))
    _same(before, after)
    assert not np.array_equal(before.outputs, after.outputs)


def test_a_tested_group_on_the_training_side_is_refused() -> None:
    features, problem = speakers()
    split = speakers_split()
    groups = np.asarray(problem.groups).copy()
    groups[split.train[0]] = groups[split.test[0]]
    with pytest.raises(ParalbenchError, match="on the training side and tested"):
        _fit(features, replace(problem, groups=groups), [split])


def test_a_split_for_deployment_tests_every_row() -> None:
    features, problem = speakers()
    every: Rows = np.arange(ROWS)
    (fitted,) = _fit(features, problem, [Split(0, 0, every, every[:0], every)]).fitted
    assert _accuracy(fitted, problem) > 0.9


@pytest.mark.parametrize("kind", ["class", "number"])
def test_out_of_fold_outputs_are_of_the_training_side(kind: Kind) -> None:
    features, problem = speakers(kind=kind)
    fitted = _one(features, problem)
    held_out, split = fitted.out_of_fold, fitted.split
    assert held_out is not None
    assert np.array_equal(held_out.rows, np.sort(np.concatenate([split.train, split.develop])))
    assert held_out.outputs.shape == (len(held_out.rows), max(1, problem.classes))
    if kind == "class":
        assert (held_out.outputs.argmax(1) == problem.targets[held_out.rows]).mean() > 0.85


def test_refit_false_leaves_development_rows_out() -> None:
    features, problem = speakers()
    split = speakers_split()
    changed, targets = features.copy(), problem.targets.copy()
    changed[split.develop] *= 100
    targets[split.develop] = targets[split.develop][::-1]
    other = replace(problem, targets=targets)
    _same(_one(features, problem, refit=False), _one(changed, other, refit=False))
    before, after = _one(features, problem), _one(changed, other)
    assert not np.array_equal(before.state["weights"], after.state["weights"])


def test_the_number_of_cores_changes_no_bit() -> None:
    features, problem = speakers()
    alone, beside = (
        HEAD.fit(
            [PooledStream("made", features)],
            problem,
            [speakers_split()],
            Settings(),
            Workplace(workers=workers),
        ).fitted[0]
        for workers in (1, 3)
    )
    _same(alone, beside)


def test_it_draws_nothing() -> None:
    """Seeds that train on the same rows give the same fit, and so does another run."""
    features, problem = speakers()
    first, second = _fit(features, problem, [speakers_split(), speakers_split(0, 1)]).fitted
    _same(first, second)
    _same(first, _one(features, problem))
    assert HEAD.deterministic


@pytest.mark.parametrize("rule", ["best", "one-standard-error"])
def test_the_rule_takes_the_stronger_penalty(rule: Any) -> None:
    features, problem = speakers()
    chosen = {
        rule: _one(features, problem, layers=1, rule=rule).chosen["strengths"][0]
        for rule in ("best", "one-standard-error")
    }
    assert chosen["one-standard-error"] >= chosen["best"]


def test_balanced_classes_weigh_the_same() -> None:
    features, problem = speakers()
    targets = np.where(np.arange(ROWS) % 10 < 9, 0.0, problem.targets)
    skewed = replace(problem, targets=targets)
    noise = np.random.default_rng(1).normal(size=features.shape).astype(np.float32)
    for weights, share in (("balanced", 1 / CLASSES), ("none", (targets == 0).mean())):
        outputs = _one(noise, skewed, class_weights=weights).outputs
        assert outputs[:, 0].mean() == pytest.approx(share, abs=0.12)


def test_one_speaker_a_class_falls_back_to_rows() -> None:
    features, problem = speakers()
    by_class = replace(problem, groups=problem.targets.astype(np.int64))
    split = speakers_split()
    split = replace(split, test=split.test[:0])
    (fitted,) = _fit(features, by_class, [split]).fitted
    assert fitted.chosen["inner_folds_of"] == "rows"
    assert fitted.out_of_fold is None
    assert fitted.chosen["strengths"][1] < 1


@pytest.mark.parametrize("kind", ["class", "number"])
def test_constant_columns_do_no_harm(kind: Kind) -> None:
    features, problem = speakers(kind=kind)
    features[:, 0, 0, 4] = 1e6
    features[:, 1, 1, 5] = 0
    features[speakers_split().test, 1, 1, 5] = 1e4
    fitted = _one(features, problem)
    assert np.isfinite(fitted.outputs).all()
    assert not fitted.state["weights"][0, 4].any()
    assert not fitted.state["weights"][1, WIDTH + 5].any()


def test_a_constant_layer_does_no_harm() -> None:
    features, problem = speakers()
    features[:, 2] = 3
    assert _accuracy(_one(features, problem), problem) > 0.9


def test_many_more_columns_than_rows() -> None:
    features, problem = speakers()
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(ROWS, LAYERS, 2, 200))
    wide = np.concatenate([features, noise.astype(np.float32)], 3)
    wide[:, 1, 0, :CLASSES] = features[:, 1, 0, :CLASSES] * 3
    assert _accuracy(_one(wide, problem), problem) > 0.55


@pytest.mark.parametrize(("layers", "kept"), [("last", 2), (1, 1), (0, 0), (-1, 2)])
def test_one_layer_is_that_layer_alone(layers: str | int, kept: int) -> None:
    features, problem = speakers()
    fits = _fit(features, problem, [speakers_split()], layers=layers)
    cut = _fit(features[:, [kept]], problem, [speakers_split()])
    assert np.array_equal(fits.fitted[0].outputs, cut.fitted[0].outputs)
    assert fits.fitted[0].state["weights"].shape == (1, 2 * WIDTH, CLASSES)
    assert fits.trained_parameters == (2 * WIDTH + 1) * CLASSES


@pytest.mark.parametrize("layers", [3, -4])
def test_a_layer_that_does_not_exist_is_refused(layers: int) -> None:
    features, problem = speakers()
    with pytest.raises(UsageError, match=f"layers is {layers}, the encoder has 0 to 2"):
        _one(features, problem, layers=layers)


def test_bags_of_audio_words_are_refused() -> None:
    features, problem = speakers()
    stream = PooledStream("some", features, words=Words.model_construct())
    with pytest.raises(UsageError, match="no bags of audio words"):
        HEAD.fit([stream], problem, [speakers_split()], Settings())


@pytest.mark.parametrize(
    ("values", "key"),
    [({"stepp": 1}, "stepp"), ({"inner_folds": 1}, "inner_folds"), ({"layers": "first"}, "layers")],
)
def test_an_unknown_setting_is_refused_by_name(values: dict[str, Any], key: str) -> None:
    with pytest.raises(CardError, match=key):
        Settings.checked(values, "settings")


@pytest.mark.parametrize(
    ("rows", "width", "layers"),
    [(600, 400, 3), (2500, 100, 3), (300, 900, "last"), (600, 400, "mean")],
)
def test_the_memory_that_it_plans_with_is_about_what_it_takes(
    rows: int, width: int, layers: str | int
) -> None:
    random = np.random.default_rng(0)
    card = ModelCard(
        id="model", title="A model", backend="python", rate=16000, layers=3, width=width,
        frame_rate=50.0, parameters=0, licence="none", citation="none",
    )  # fmt: skip
    settings = Settings(layers="learned" if layers == 3 else layers)  # type: ignore[arg-type]
    tracemalloc.start()
    features = random.standard_normal((rows, 3, 2, width), np.float32)
    groups = np.arange(rows) % 12
    targets = random.integers(3, size=rows).astype(float)
    split = Split(
        0, 0, np.flatnonzero(groups > 3), np.flatnonzero(groups == 3), np.flatnonzero(groups < 3)
    )
    HEAD.fit(
        [PooledStream("made", features)],
        Problem("class", targets, 3, groups=groups),
        [split],
        settings,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    planned = HEAD.memory(settings, Layout((card,), FeatureSpec("pooled"), 3), rows)
    assert 0.7 < planned / peak < 2
