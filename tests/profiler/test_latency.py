"""Percentiles only of enough samples; ratios turn by turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.profiler.latency import ratio, timing


@pytest.mark.parametrize(
    ("count", "p95", "p99"), [(19, False, False), (20, True, False), (100, True, True)]
)
def test_a_percentile_needs_enough_samples(count: int, p95: bool, p99: bool) -> None:
    samples = [0.001 * (item + 1) for item in range(count)]
    result = timing(samples)
    assert result.p50 == pytest.approx(np.percentile(samples, 50), rel=1e-3)
    assert (result.p95 is not None, result.p99 is not None) == (p95, p99)
    if result.p95 is not None:
        assert result.p95 == pytest.approx(np.percentile(samples, 95), rel=1e-3)
    assert result.samples == pytest.approx(samples, rel=1e-3)


def test_no_sample_is_no_latency() -> None:
    with pytest.raises(ValueError, match="without a sample"):
        timing([])


@given(
    st.lists(st.floats(0.5, 20), min_size=3, max_size=10),
    st.floats(0.01, 100),
)
def test_what_slows_a_turn_down_slows_both_sides(weather: list[float], factor: float) -> None:
    theirs = [[0.01 * slow, 0.01 * slow] for slow in weather]
    ours = [[factor * item for item in turn] for turn in theirs]
    assert ratio(ours, theirs) == pytest.approx(factor)


def test_one_turn_disturbed_on_one_side_does_not_count() -> None:
    assert ratio([[2.0], [2.0], [40.0]], [[1.0], [1.0], [1.0]]) == 2
    assert ratio([], [[1.0]]) is None
