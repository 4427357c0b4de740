"""A power law's exponent is found; too few lengths tell none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.profiler.growth import exponent, growth
from paralbench.profiler.latency import timing
from paralbench.records.profile import Cost


@given(st.floats(-1, 3), st.floats(1e-4, 10))
def test_exponent_of_a_power_law(power: float, scale: float) -> None:
    costs = {seconds: scale * seconds**power for seconds in (3.0, 10.0, 30.0, 600.0)}
    assert exponent(costs) == pytest.approx(power, abs=1e-3)


def test_two_lengths_tell_nothing() -> None:
    assert exponent({3.0: 1.0, 10.0: 2.0}) is None


def _cost(seconds: float, memory: int) -> Cost:
    return Cost(seconds=seconds, latency=timing([0.01 * seconds]), memory=memory)


def test_little_memory_shows_nothing_of_its_growth() -> None:
    little = growth([_cost(item, 1000 * int(item)) for item in (1.0, 2.0, 4.0)])
    assert little.latency == pytest.approx(1, abs=1e-3)
    assert little.memory is None
    much = growth([_cost(item, int(1e6 * item**2)) for item in (1.0, 2.0, 4.0)])
    assert much.memory == pytest.approx(2, abs=1e-2)
    assert much.lengths == [1.0, 2.0, 4.0]
