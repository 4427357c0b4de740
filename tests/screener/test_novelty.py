"""The embedding distance: Mahalanobis's where that can be computed, and a limit that holds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load, save
from scipy.spatial.distance import mahalanobis

from paralbench.screener.novelty import SHARE, Novelty, distances, limit


def records(
    speakers: int, seed: int, each: int = 2, width: int = 12, shift: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Pooled records [n, 2 layers, 2, width] that vary along few directions, and their speakers."""
    directions = np.random.default_rng(0).normal(size=(3, 2 * 2 * width))
    rng = np.random.default_rng(seed + 1)
    clusters = np.repeat(np.arange(speakers), each)
    own = rng.normal(size=(speakers, 3))[clusters] + 0.3 * rng.normal(size=(len(clusters), 3))
    flat = own @ directions + 0.5 * rng.normal(size=(len(clusters), 4 * width)) + 5 + shift
    return flat.reshape(-1, 2, 2, width), clusters


def test_with_all_directions_kept_it_is_mahalanobis() -> None:
    values, clusters = records(400, 0, each=1, width=1)
    calibration = Novelty.fitted(values, clusters)
    flat = ((values - calibration.mean) * calibration.scale).mean(1).reshape(len(values), -1)
    inverse = np.linalg.inv(np.cov(flat.T, bias=True))
    for place in range(5):
        expected = mahalanobis(flat[place], flat.mean(0), inverse) / np.sqrt(flat.shape[1])
        assert calibration.distance(values[place]) == pytest.approx(expected, rel=1e-6)


def test_the_limit_holds_for_other_speakers_and_not_for_others_voices() -> None:
    within = []
    for seed in range(10):
        values, clusters = records(120, seed)
        result, most = (
            Novelty.fitted(values, clusters),
            limit(distances(values, clusters), clusters),
        )
        others, _ = records(200, seed + 100)
        within.append(np.mean([result.distance(item) <= most for item in others]))
        strange, _ = records(20, seed + 200, shift=3.0)
        assert min(result.distance(item) for item in strange) > most
    assert np.mean(within) == pytest.approx(SHARE, abs=0.02)


def test_a_feature_that_never_varies_says_nothing() -> None:
    values, clusters = records(30, 0)
    values[:, 0, 0, 3] = 7.0
    calibration = Novelty.fitted(values, clusters)
    assert np.isfinite(calibration.distance(values[0]))


def test_it_is_kept_exactly_and_holds_no_recording() -> None:
    values, clusters = records(50, 1)
    calibration = Novelty.fitted(values, clusters)
    again = Novelty.restored(load(save(calibration.tensors())))
    assert again.distance(values[3]) == calibration.distance(values[3])
    assert all(
        len(value) < len(values) for value in calibration.tensors().values() if value.ndim > 1
    )
