"""Front, index and budget against brute force."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.leaderboard import efficiency
from paralbench.leaderboard.efficiency import WEIGHTS, Point
from paralbench.records.profile import Ratios

_few = st.integers(0, 6).map(float)
_points = st.lists(st.builds(Point, _few, st.none() | _few), max_size=12)
_ratio = st.floats(1e-6, 1e6)
_ratios = st.fixed_dictionaries(dict.fromkeys(WEIGHTS, _ratio))
_weights = st.fixed_dictionaries({axis: st.floats(0.1, 10) for axis in WEIGHTS})


def _beaten(one: Point, points: list[Point]) -> bool:
    assert one.cost is not None
    return any(
        other.cost is not None
        and other.cost <= one.cost
        and other.score >= one.score
        and (other.cost < one.cost or other.score > one.score)
        for other in points
    )


@given(_points)
def test_front_is_what_no_other_beats(points: list[Point]) -> None:
    expected = {
        place
        for place, item in enumerate(points)
        if item.cost is not None and not _beaten(item, points)
    }
    result = efficiency.pareto(points)
    assert set(result) == expected
    assert len(result) == len(expected)
    costs = [points[place].cost or 0.0 for place in result]
    assert costs == sorted(costs)


@given(st.lists(st.sampled_from("abc")))
def test_classes_hold_every_place_once(classes: list[str]) -> None:
    result = efficiency.by_class(classes)
    assert sorted(place for places in result.values() for place in places) == [*range(len(classes))]
    assert all(classes[place] == name for name, places in result.items() for place in places)


@given(_ratios, _weights)
def test_index_is_the_root_of_the_product(
    ratios: dict[str, float], weights: dict[str, float]
) -> None:
    product = math.prod((1 / ratios[axis]) ** weights[axis] for axis in ratios)
    expected = product ** (1 / sum(weights.values()))
    assert efficiency.index(ratios, weights) == pytest.approx(expected, rel=1e-6)


@given(_ratios, st.sampled_from(sorted(WEIGHTS)), st.floats(1.01, 100))
def test_whoever_costs_more_is_less_efficient(
    ratios: dict[str, float], axis: str, more: float
) -> None:
    before, after = (
        efficiency.index(ratios),
        efficiency.index({**ratios, axis: ratios[axis] * more}),
    )
    assert before is not None
    assert after == pytest.approx(before / more**0.25)


def test_reference_has_index_one_and_half_the_cost_two() -> None:
    assert efficiency.index(dict.fromkeys(WEIGHTS, 1.0)) == 1
    assert efficiency.index(dict.fromkeys(WEIGHTS, 0.5)) == pytest.approx(2)


def test_an_axis_that_is_not_known_leaves_no_index_unless_it_counts_for_nothing() -> None:
    ratios = Ratios(reference="r", seconds=10, macs=None, latency=0.5, memory=0.5, size=0.5)
    assert efficiency.index_of(ratios) is None
    assert efficiency.index_of(ratios, {**WEIGHTS, "macs": 0}) == pytest.approx(2)


@pytest.mark.parametrize(
    "weights", [{}, {"macs": 0.0}, {"macs": -1.0, "size": 2.0}, {"macs": math.nan}]
)
def test_weights_that_are_none_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        efficiency.index({"macs": 1.0, "size": 1.0}, weights)


def test_a_cost_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="macs"):
        efficiency.index({"macs": 0.0}, {"macs": 1.0})


@given(
    st.lists(
        st.tuples(
            _few, st.fixed_dictionaries({"rtf": st.none() | _few, "memory": st.none() | _few})
        ),
        max_size=10,
    ),
    st.dictionaries(st.sampled_from(["rtf", "memory"]), _few),
)
def test_best_within_a_budget(
    entries: list[tuple[float, dict[str, float | None]]], budget: dict[str, float]
) -> None:
    scores, costs = [item for item, _ in entries], [cost for _, cost in entries]
    result = efficiency.within(scores, costs, budget)
    allowed = []
    for place, cost in enumerate(costs):
        over = False
        for axis in budget:
            value = cost[axis]
            over = over or value is None or value > budget[axis]
        if not over:
            allowed.append(place)
    if not allowed:
        assert result is None
    else:
        assert result in allowed
        assert result is not None
        assert scores[result] == max(scores[place] for place in allowed)
        assert not any(scores[place] == scores[result] for place in allowed if place < result)
