"""Turns by a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from paralbench.profiler.measuring import order
from paralbench.profiler.schedule import (
    PASSES_MOST,
    ROUNDS_LEAST,
    ROUNDS_MOST,
    affordable,
    interleaved,
    least,
)


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.heard: list[str] = []

    def __call__(self) -> float:
        return self.now

    def takes(self, name: str, seconds: float) -> Callable[[], float]:
        def one() -> float:
            self.now += seconds
            self.heard.append(name)
            return seconds

        return one


def test_entries_take_turns_and_the_first_changes() -> None:
    clock = _Clock()
    rounds: list[float] = []
    result = interleaved(
        {"a": clock.takes("a", 1.0), "b": clock.takes("b", 2.0)}, 12.5, lambda: rounds.append(clock.now), clock
    )  # fmt: skip
    assert "".join(clock.heard) == "abbaabba"
    assert rounds == [3, 6, 9, 12]
    assert result == {"a": [[1.0]] * 4, "b": [[2.0]] * 4}


def test_the_cheap_are_encoded_more_often_within_a_turn() -> None:
    clock = _Clock()
    result = interleaved(
        {"cheap": clock.takes("c", 1e-4), "dear": clock.takes("d", 0.5)}, 0, _nothing, clock
    )
    assert [len(turn) for turn in result["cheap"]] == [PASSES_MOST] * ROUNDS_LEAST
    assert [len(turn) for turn in result["dear"]] == [1] * ROUNDS_LEAST


@given(st.floats(0.001, 5), st.floats(0.001, 5), st.floats(0, 100))
def test_rounds_end_in_time_from_the_least_to_the_most(a: float, b: float, seconds: float) -> None:
    clock = _Clock()
    result = interleaved(
        {"a": clock.takes("a", a), "b": clock.takes("b", b)}, seconds, _nothing, clock
    )
    rounds = len(result["a"])
    assert ROUNDS_LEAST <= rounds == len(result["b"]) <= ROUNDS_MOST
    assert rounds == ROUNDS_LEAST or clock.now <= seconds * (1 + 1e-9)


def test_the_entry_goes_before_its_references_and_the_cheap_before_the_dear() -> None:
    costs = {"reference": 1.0, "dear": 5.0, "entry": 2.0}
    assert affordable(costs, least(100), 0, "entry") == ["entry", "reference", "dear"]
    assert affordable(costs, least(3), 0, "entry") == ["entry", "reference"]
    assert affordable(costs, least(3), least(1), "entry") == ["entry"], "what is reserved is left"
    assert affordable(costs, least(1), 0, "entry") == []
    assert affordable({"reference": 1.0}, 100, 0, "entry") == []


def test_a_reference_that_costs_next_to_nothing_comes_along() -> None:
    assert affordable({"entry": 2.0, "light": 0.1}, least(2), 0, "entry") == ["entry", "light"]


def test_the_length_of_comparison_is_measured_first() -> None:
    assert order([600, 3, 30, 10, 60]) == [10, 3, 30, 60, 600]
    assert order([30, 3]) == [3, 30]


def _nothing() -> None:
    return
