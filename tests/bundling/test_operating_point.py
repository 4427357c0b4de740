"""Thresholds reach what was asked of them, and silence makes what is said truer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from paralbench.bundling import operating_point
from paralbench.bundling.operating_point import Goal, Point
from paralbench.statistics import calibration
from tests.statistics.test_calibration import speakers


def test_the_best_mean_is_scikit_learns() -> None:
    text, truth, _, _ = speakers(120, 0, each=1)
    point = operating_point.chosen(text, truth, np.arange(len(text)), Goal())
    false_alarms, hits, _ = roc_curve(truth, text)
    called = point.positive(text)
    result = called[truth > 0].mean() - called[truth <= 0].mean()
    assert result == pytest.approx((hits - false_alarms).max())


@pytest.mark.parametrize("expected", [0.8, 0.9, 1.0])
def test_sensitivity_is_reached_at_the_best_specificity(expected: float) -> None:
    text, truth, _, _ = speakers(200, 1, each=1)
    each = np.arange(len(text))
    called = operating_point.chosen(text, truth, each, Goal(sensitivity=expected)).positive(text)
    assert called[truth > 0].mean() >= expected
    false_alarms, hits, _ = roc_curve(truth, text, drop_intermediate=False)
    assert called[truth <= 0].mean() == pytest.approx(false_alarms[hits >= expected].min())
    called = operating_point.chosen(text, truth, each, Goal(specificity=expected)).positive(text)
    assert 1 - called[truth <= 0].mean() >= expected
    assert called[truth > 0].mean() == pytest.approx(hits[1 - false_alarms >= expected].max())


def test_abstaining_makes_what_is_said_truer_on_other_speakers() -> None:
    before, after, shares = [], [], []
    for seed in range(20):
        text, truth, clusters, _ = speakers(300, seed)
        point = operating_point.chosen(text, truth, clusters, Goal(accuracy=0.84, most=0.8))
        if point.abstain is None:
            continue
        other, real, theirs, _ = speakers(500, seed + 1000)
        counting = calibration.weights(theirs)
        right, silent = point.positive(other) == (real > 0), point.abstained(other)
        before.append(np.average(right, weights=counting))
        after.append(np.average(right[~silent], weights=counting[~silent]))
        shares.append(np.average(silent, weights=counting))
    assert len(after) >= 15
    assert min(np.array(after) - before) > 0
    assert np.mean(after) == pytest.approx(0.84, abs=0.02)
    assert 0.02 < np.mean(shares) < 0.8


def test_what_cannot_be_reached_abstains_from_none() -> None:
    text, truth, clusters, _ = speakers(100, 0)
    assert (
        operating_point.chosen(text, truth, clusters, Goal(accuracy=0.999, most=0.1)).abstain
        is None
    )


def test_what_is_reached_anyway_needs_no_band() -> None:
    text, truth, clusters, _ = speakers(100, 0)
    assert operating_point.chosen(text, truth, clusters, Goal(accuracy=0.5)).abstain is None


@given(st.integers(0, 500), st.sampled_from([None, 0.7, 0.95]), st.floats(0.1, 0.9))
def test_the_threshold_lies_in_its_band(seed: int, sensitivity: float | None, most: float) -> None:
    text, truth, clusters, _ = speakers(20, seed)
    truth[clusters == 0], truth[clusters == 1] = 0, 1
    point = operating_point.chosen(text, truth, clusters, Goal(sensitivity=sensitivity, most=most))
    assert 0 <= point.threshold <= 1
    if point.abstain is not None:
        low, high = point.abstain
        assert 0 <= low <= point.threshold <= high <= 1
        share = np.average(point.abstained(text), weights=calibration.weights(clusters))
        assert share <= most + 1e-9


def test_no_speaker_chooses_his_own_threshold() -> None:
    """Of speakers that nothing tells apart, what is said is right by chance and no better."""
    rng = np.random.default_rng(0)
    right = []
    for _ in range(30):
        text, truth = rng.random(60), np.repeat([0.0, 1.0], 30)
        called, _ = operating_point.held_out(text, truth, np.arange(60), Goal())
        right.append((called == (truth > 0)).mean())
    assert np.mean(right) < 0.53


def test_a_point_without_a_band_is_never_silent() -> None:
    assert not Point(0.5, None).abstained(np.linspace(0, 1, 11)).any()
