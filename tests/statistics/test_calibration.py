"""Calibration: against scikit-learn, and on simulated speakers whose true probabilities are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from paralbench.statistics import calibration
from paralbench.statistics.calibration import Array


def speakers(
    count: int, seed: int, slope: float = 1.0, shift: float = 0.0, each: int = 3
) -> tuple[Array, Array, NDArray[np.int64], Array]:
    """What heads say, truth, speakers, and the true probabilities; heads are off by slope and shift."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(count), rng.integers(1, 2 * each, count))
    line = rng.normal(0, 1.5, count)[clusters] + rng.normal(0, 0.3, len(clusters))
    truth = (rng.random(count) < expit(line[np.unique(clusters, return_index=True)[1]]))[clusters]
    return expit((line - shift) / slope), truth.astype(float), clusters, expit(line)


def test_pooling_adjacent_violators_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    values, counting = rng.normal(size=300).round(1), rng.random(300) + 0.1
    truth = (rng.random(300) < expit(values)).astype(float)
    at, share = calibration.pooled(values, truth, counting)
    other = IsotonicRegression().fit(values, truth, sample_weight=counting)
    grid = np.unique(values)
    assert np.interp(grid, at, share) == pytest.approx(other.predict(grid), abs=1e-9)
    assert (np.diff(at) > 0).all()
    assert (np.diff(share) >= 0).all()


def test_the_logistic_line_is_scikit_learns() -> None:
    text, truth, clusters, _ = speakers(80, 0, slope=0.5, shift=0.4)
    counting = calibration.weights(clusters)
    other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    other.fit(calibration.logit(text)[:, None], truth, sample_weight=counting)
    result = calibration.line(text, truth, counting)
    assert result == pytest.approx((other.coef_[0, 0], other.intercept_[0]), abs=1e-4)


@pytest.mark.parametrize("method", ["temperature", "platt", "beta", "isotonic"])
def test_every_method_mends_what_is_off(method: str) -> None:
    slope, shift = (0.4, 0.0) if method == "temperature" else (0.4, 0.8)
    text, truth, clusters, _ = speakers(1500, 1, slope, shift)
    result = calibration.fitted(method, text, truth, calibration.weights(clusters))
    other, real, theirs, chance = speakers(1500, 2, slope, shift)
    mended = result(other)
    assert np.abs(mended - chance).mean() < 0.04 < np.abs(other - chance).mean()
    assert calibration.line(mended, real, calibration.weights(theirs))[0] == pytest.approx(
        1, abs=0.2
    )


@pytest.mark.parametrize("method", calibration.METHODS)
@given(seed=st.integers(0, 10_000))
def test_order_is_kept_and_probabilities_are_such(method: str, seed: int) -> None:
    text, truth, clusters, _ = speakers(12, seed)
    truth[0], truth[-1] = 0, 1
    result = calibration.fitted(method, text, truth, calibration.weights(clusters))
    mended = result(np.linspace(0, 1, 50))
    assert (np.diff(mended) >= -1e-12).all()
    assert ((mended >= 0) & (mended <= 1)).all()
    again = calibration.calibrated(method, result.parameters, np.linspace(0, 1, 50))
    assert (again == mended).all()


def test_separable_speakers_give_finite_numbers() -> None:
    values = np.array([0.1, 0.2, 0.8, 0.9])
    truth = np.array([0.0, 0.0, 1.0, 1.0])
    for method in calibration.METHODS:
        assert np.isfinite(calibration.fitted(method, values, truth, np.ones(4))(values)).all()
    assert np.isfinite(calibration.line(values, truth, np.ones(4))).all()


def test_a_speaker_counts_once_however_often_he_is_encoded() -> None:
    text, truth, clusters, _ = speakers(40, 3, each=1)
    often = np.concatenate([np.arange(len(text)), np.repeat(np.flatnonzero(clusters == 0), 500)])
    for method in calibration.METHODS:
        item = calibration.fitted(method, text, truth, calibration.weights(clusters))
        other = calibration.fitted(
            method, text[often], truth[often], calibration.weights(clusters[often])
        )
        grid = np.linspace(0.01, 0.99, 30)
        assert item(grid) == pytest.approx(other(grid), abs=1e-3)


def test_no_speaker_calibrates_himself() -> None:
    """Turning a speaker's own labels round changes nothing of what is said of him but the folds."""
    text, truth, clusters, _ = speakers(60, 4, each=1)
    dealt = calibration.folds(clusters, truth)
    assert all(len(set(dealt[clusters == item])) == 1 for item in np.unique(clusters))
    seen: list[set[int]] = []

    def fit(p: Array, t: Array, c: NDArray[np.int64]) -> calibration.Calibrator:
        seen.append(set(c.tolist()))
        return calibration.Calibrator("none", {})

    calibration.held_out(text, truth, clusters, fit)
    left_out = [set(clusters.tolist()) - item for item in seen]
    assert sorted(speaker for item in left_out for speaker in item) == sorted(
        set(clusters.tolist())
    )


def test_what_is_calibrated_is_left_alone_and_what_is_off_is_not() -> None:
    stored = [calibration.chosen(*speakers(60, seed)[:3]).method for seed in range(10)]
    assert stored.count("none") >= 8
    mended = [calibration.chosen(*speakers(60, seed, 0.3, 1.0)[:3]).method for seed in range(10)]
    assert mended.count("none") == 0


def test_few_speakers_get_no_curve() -> None:
    for seed in range(5):
        text, truth, clusters, _ = speakers(30, seed, 0.2, 1.0)
        assert calibration.chosen(text, truth, clusters).method not in ("isotonic", "beta")


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no calibration 'magic'; there are: none"):
        calibration.calibrated("magic", {}, np.array([0.5]))
