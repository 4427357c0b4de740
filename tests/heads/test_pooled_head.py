"""Heads that choose their settings by inner folds: what they learn and what they must not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from paralbench.heads import head, settings
from paralbench.heads.head import Fitted, PooledStream, Problem, Rows, Split
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.model_card import Words
from tests.heads.speakers import LAYERS, ROWS, Features, Kind, speakers, speakers_split

KINDS: list[tuple[str, dict[str, Any], Kind]] = [
    ("knn", {}, "class"), ("knn", {}, "number"), ("lda", {}, "class"), ("svm", {}, "class"),
    ("svm", {}, "number"), ("svm", {"kernel": "linear"}, "class"),
    ("svm", {"kernel": "linear"}, "number"),
]  # fmt: skip
ALL = pytest.mark.parametrize(("name", "own", "kind"), KINDS)


def _fit(
    name: str, features: Features, problem: Problem, split: Split | None = None, **own: Any
) -> Fitted:
    stream = PooledStream("some", features)
    splits = [speakers_split() if split is None else split]
    return head(name).fit([stream], problem, splits, settings(name, own)).fitted[0]


def _same(fitted: Fitted, other: Fitted) -> None:
    assert fitted.state.keys() == other.state.keys()
    for name, values in fitted.state.items():
        assert np.array_equal(values, other.state[name]), name
    assert fitted.chosen == other.chosen


@pytest.mark.slow
@ALL
def test_it_finds_the_layer_and_learns(name: str, own: dict[str, Any], kind: Kind) -> None:
    features, problem = speakers(kind=kind)
    fitted = _fit(name, features, problem, layers="best", **own)
    truth = problem.targets[fitted.split.test]
    assert fitted.chosen["layer"] == 1
    assert fitted.layer_weights is not None
    assert fitted.layer_weights.tolist() == [0, 1, 0]
    if kind == "class":
        assert (fitted.outputs.argmax(1) == truth).mean() > 0.85
        assert fitted.outputs.sum(1) == pytest.approx(1, abs=1e-5)
    else:
        assert np.corrcoef(fitted.outputs[:, 0], truth)[0, 1] > 0.6


@ALL
def test_test_rows_change_no_array_by_a_bit(name: str, own: dict[str, Any], kind: Kind) -> None:
    features, problem = speakers(kind=kind)
    test = speakers_split().test
    before = _fit(name, features, problem, **own)
    changed, targets = features.copy(), problem.targets.copy()
    changed[test] = changed[test] * 1000 + 12345
    targets[test] = targets[test][::-1] + (0 if kind == "class" else 1e6)
    after = _fit(name, changed, replace(problem, targets=targets), **own)
    _same(before, after)
    assert not np.array_equal(before.outputs, after.outputs)
    again = _fit(name, features, problem, replace(speakers_split(), seed=1), **own)
    _same(before, again)
    assert np.array_equal(before.outputs, again.outputs)
    assert head(name).deterministic


@ALL
def test_out_of_fold_outputs_are_of_the_training_side(
    name: str, own: dict[str, Any], kind: Kind
) -> None:
    """Each is of models that were not fitted on the row's group: its own target does not leak."""
    features, problem = speakers(kind=kind)
    fitted = _fit(name, features, problem, layers=1, **own)
    held_out, split = fitted.out_of_fold, fitted.split
    assert held_out is not None
    assert np.array_equal(held_out.rows, np.sort(np.concatenate([split.train, split.develop])))
    assert held_out.outputs.shape == (len(held_out.rows), max(1, problem.classes))
    noise = np.random.default_rng(4).normal(size=features.shape).astype(np.float32)
    nothing = _fit(name, noise, problem, layers=1, **own).out_of_fold
    assert nothing is not None
    truth = problem.targets[held_out.rows]
    if kind == "class":
        assert (held_out.outputs.argmax(1) == truth).mean() > 0.8
        assert (nothing.outputs.argmax(1) == truth).mean() < 0.5
    else:
        assert np.corrcoef(held_out.outputs[:, 0], truth)[0, 1] > 0.6
        assert abs(np.corrcoef(nothing.outputs[:, 0], truth)[0, 1]) < 0.4


def test_refit_false_leaves_development_rows_out() -> None:
    features, problem = speakers()
    changed = features.copy()
    changed[speakers_split().develop] *= 100
    _same(_fit("lda", features, problem, refit=False), _fit("lda", changed, problem, refit=False))
    after = _fit("lda", changed, problem)
    assert not np.array_equal(_fit("lda", features, problem).state["bias"], after.state["bias"])


@pytest.mark.parametrize("name", ["knn", "lda", "svm"])
def test_a_class_of_one_speaker_is_no_obstacle(name: str) -> None:
    """Where its speaker is held out, no inner fold trains on the class."""
    features, problem = speakers()
    split = speakers_split()
    alone = np.asarray(problem.groups)[split.train[0]]
    targets = np.where(problem.groups == alone, 2.0, problem.targets % 2)
    fitted = _fit(name, features, replace(problem, targets=targets), layers=1)
    assert np.isfinite(fitted.outputs).all()
    assert fitted.chosen["inner_log_loss"] < 1


@pytest.mark.parametrize("name", ["knn", "lda", "svm"])
def test_balanced_classes_are_predicted_alike(name: str) -> None:
    features, problem = speakers()
    rare = np.random.default_rng(1).random(ROWS) < 0.15
    noise = np.random.default_rng(2).normal(size=features.shape).astype(np.float32)
    skewed = replace(problem, targets=rare.astype(float), classes=2)
    shares = {
        weights: _fit(name, noise, skewed, class_weights=weights).outputs[:, 1].mean()
        for weights in ("balanced", "none")
    }
    assert shares["balanced"] == pytest.approx(0.5, abs=0.15)
    if name != "svm":
        assert shares["none"] < shares["balanced"] - 0.1


def test_without_inner_folds_the_middle_candidate_is_fitted() -> None:
    features, problem = speakers()
    everything: Rows = np.arange(ROWS)
    single = replace(problem, groups=None, targets=np.eye(1, ROWS)[0], classes=2)
    split = Split(0, 0, everything, everything[:0], everything)
    fitted = _fit("lda", features, single, split)
    assert (fitted.chosen["inner_folds"], fitted.chosen["shrinkage"]) == (0, 0.3)
    assert fitted.out_of_fold is None


def test_a_tested_group_on_the_training_side_is_refused() -> None:
    features, problem = speakers()
    split = speakers_split()
    groups = np.asarray(problem.groups).copy()
    groups[split.train[0]] = groups[split.test[0]]
    with pytest.raises(ParalbenchError, match="on the training side and tested"):
        _fit("knn", features, replace(problem, groups=groups))


def test_one_layer_is_that_layer_alone() -> None:
    features, problem = speakers()
    assert np.array_equal(
        _fit("svm", features, problem, layers=1).outputs,
        _fit("svm", features[:, [1]], problem, layers=0).outputs,
    )
    with pytest.raises(UsageError, match=f"layers is {LAYERS}"):
        _fit("svm", features, problem, layers=LAYERS)


def test_bags_of_audio_words_are_refused_by_the_heads_name() -> None:
    features, problem = speakers()
    stream = PooledStream("some", features, words=cast(Any, Words).model_construct())
    with pytest.raises(UsageError, match="'lda' reads no bags of audio words"):
        head("lda").fit([stream], problem, [speakers_split()], settings("lda", {}))
