"""Front and budget against brute force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from paralbench.leaderboard import efficiency
from paralbench.leaderboard.efficiency import Point

_few = st.integers(0, 6).map(float)
_points = st.lists(st.builds(Point, _few, st.none() | _few), max_size=12)


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
