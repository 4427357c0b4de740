"""The paired test: exact where few, at its level under the null, and able to see a difference."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from paralbench.metrics import metric
from paralbench.metrics.metric import Array
from paralbench.statistics.bootstrap import cluster_sums
from paralbench.statistics.paired import paired

UAR = metric("uar")


def _sums(truth: Array, predicted: Array, clusters: np.ndarray) -> Array:
    return cluster_sums(UAR.statistics(truth, predicted, 2), clusters)[None]


def _pair(rng: np.random.Generator, clusters: int, better: float) -> tuple[Array, Array]:
    """Two guessers that are right with a share that depends on the speaker; one is ``better``."""
    owner = np.repeat(np.arange(clusters), 20)
    truth = rng.integers(0, 2, len(owner)).astype(float)
    ease = rng.uniform(0.5, 0.9, clusters)[owner]
    both = []
    for gain in (better, 0.0):
        right = rng.random(len(owner)) < np.minimum(ease + gain, 1)
        both.append(_sums(truth, np.where(right, truth, 1 - truth), owner))
    return both[0], both[1]


def test_few_clusters_are_exchanged_in_all_ways() -> None:
    ours, theirs = _pair(np.random.default_rng(1), 5, 0.1)
    found = paired(UAR, ours, theirs, 2)
    apart = []
    for sides in product((0, 1), repeat=5):
        side = np.array(sides, float)
        a = (1 - side) @ ours[0] + side @ theirs[0]
        b = (1 - side) @ theirs[0] + side @ ours[0]
        apart.append(float(UAR.score(a, 2) - UAR.score(b, 2)))
    assert found.p == pytest.approx(np.mean(np.abs(apart) >= abs(apart[0]) - 1e-12))
    assert found.difference == pytest.approx(apart[0])
    assert found.test.endswith("exact")


def test_false_alarms_come_at_the_level() -> None:
    rng = np.random.default_rng(0)
    alarms = [paired(UAR, *_pair(rng, 14, 0.0), 2, draws=300).p <= 0.1 for _ in range(300)]
    assert 0.05 < np.mean(alarms) < 0.16


def test_a_difference_is_seen_and_its_interval_holds_it() -> None:
    found = paired(UAR, *_pair(np.random.default_rng(2), 30, 0.2), 2)
    assert found.p < 0.01
    assert 0 < found.interval.low < found.difference < found.interval.high


def test_the_same_predictions_are_not_different() -> None:
    ours, _ = _pair(np.random.default_rng(3), 20, 0.0)
    found = paired(UAR, ours, ours, 2)
    assert (found.difference, found.p) == (0.0, 1.0)
