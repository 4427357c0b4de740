"""The pooled heads as scikit-learn estimators, by scikit-learn's own checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import paralbench as pb

CLASSIFIERS: list[type[Any]] = [pb.LinearProbe, pb.KNN, pb.LDA, pb.SVM]
REGRESSORS: list[type[Any]] = [pb.LinearProbeRegressor, pb.KNNRegressor, pb.SVMRegressor]


def _speakers(rows: int = 120, columns: int = 6, seed: int = 0) -> tuple[Any, Any, Any]:
    """Two classes that differ in one column, each of ten speakers with both."""
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    features = rng.standard_normal((rows, columns))
    features[:, 0] += 3 * labels
    return features, np.array(["calm", "tense"])[labels], np.arange(rows) // 2 % 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLASSIFIERS + REGRESSORS)
def test_check_estimator(kind: type[Any]) -> None:
    check_estimator(kind())


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classes_are_learnt(kind: type[Any]) -> None:
    features, labels, groups = _speakers()
    estimator = kind().fit(features, labels, groups=groups)
    probabilities = estimator.predict_proba(features)
    assert probabilities.shape == (120, 2)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    assert estimator.score(features, labels) > 0.85
    assert list(estimator.classes_) == ["calm", "tense"]


@pytest.mark.parametrize("kind", REGRESSORS)
def test_numbers_are_learnt(kind: type[Any]) -> None:
    features, _, groups = _speakers()
    targets = 10 + 2 * features[:, 1]
    assert kind().fit(features, targets, groups=groups).score(features, targets) > 0.5


def test_cross_validation_by_speaker_is_as_good_as_scikit_learns_own() -> None:
    features, labels, groups = _speakers()
    ours, theirs = (
        cross_val_score(estimator, features, labels, groups=groups, cv=GroupKFold(5)).mean()
        for estimator in (pb.LinearProbe(), LogisticRegression())
    )
    assert abs(ours - theirs) < 0.05


def test_layers_side_by_side_are_weighed() -> None:
    """The second of three layers alone has the answer; the columns are those of extract()."""
    features, labels, groups = _speakers(columns=8)
    noise = np.random.default_rng(1).standard_normal((2, *features.shape))
    wide = np.concatenate([noise[0], features, noise[1]], axis=1)
    probe = pb.LinearProbe(n_layers=3).fit(wide, labels, groups=groups)
    assert probe.state_["weights"].shape == (3, 8, 2)
    assert np.abs(probe.state_["weights"]).sum((1, 2)).argmax() == 1
    assert probe.score(wide, labels) > 0.85


def test_a_split_of_speakers_follows_the_groups() -> None:
    features, labels, groups = _speakers()
    probe = pb.LinearProbe().fit(features, labels, groups=groups)
    assert probe.chosen_["inner_folds_of"] == "groups"


def test_settings_and_copies() -> None:
    features, labels, groups = _speakers()
    svm = clone(pb.SVM(settings={"kernel": "linear"})).fit(features, labels, groups=groups)
    assert svm.get_params() == {"n_layers": 1, "settings": {"kernel": "linear"}}
    assert set(svm.state_) == {"weights", "bias"}
    with pytest.raises(ValueError, match="no_such_setting"):
        pb.SVM(settings={"no_such_setting": 1}).fit(features, labels)
    with pytest.raises(ValueError, match="n_layers = 4 does not divide the 6 columns"):
        pb.LDA(n_layers=4).fit(features, labels)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        pb.KNN().fit(features, labels, groups=groups[:5])
