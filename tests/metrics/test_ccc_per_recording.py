"""CCC of recordings alone: another metric than that of the joined series."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.metrics import metric

PER, JOINED = metric("ccc-per-recording"), metric("ccc")


def test_it_is_the_mean_over_recordings_of_the_plain_one() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.normal(size=(2, 60))
    recordings = np.repeat([7, 3, 5], [10, 20, 30])
    each = [JOINED(truth[recordings == item], predicted[recordings == item]) for item in (3, 5, 7)]
    assert PER(truth, predicted, recordings=recordings) == pytest.approx(np.mean(each))


def test_telling_recordings_apart_pays_in_the_joined_series_alone() -> None:
    rng = np.random.default_rng(1)
    recordings = np.repeat(np.arange(20), 50)
    level = rng.normal(0, 3, 20)[recordings]
    truth, predicted = level + rng.normal(size=(2, 1000))
    assert JOINED(truth, predicted) > 0.7
    assert abs(PER(truth, predicted, recordings=recordings)) < 0.2


def test_a_recording_without_a_score_is_an_error() -> None:
    truth = np.array([1.0, 2, 5, 5])
    with pytest.raises(ValueError, match="not defined"):
        PER(truth, truth, recordings=np.array([0, 0, 1, 1]))


def test_steps_need_a_recording() -> None:
    with pytest.raises(ValueError, match="recording"):
        PER(np.array([1.0, 2]), np.array([1.0, 2]))
