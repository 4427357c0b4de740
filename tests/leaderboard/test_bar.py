"""Bars of scores: the scale of a table is that of its ranked entries."""

from paralbench.leaderboard.bar import WIDTH, bounds, place
from paralbench.leaderboard.board import tables
from tests.leaderboard.boards import result


def test_the_scale_ends_at_the_ranked_entries_intervals() -> None:
    (table,) = tables(
        [
            result("a", 0.98, 0.02),
            result("b", 0.96, 0.02),
            result("null", 0.60, 0.02, standing="null"),
        ]
    )
    low, high = bounds(table)
    assert (round(low, 3), round(high, 3)) == (0.95, 0.99)
    first, second, null = (place(table, row) for row in table.rows)
    assert first is not None
    assert second is not None
    assert (first.high, second.low) == (WIDTH, 0)
    assert first.low == second.high == WIDTH / 2
    assert first.chance is None, "chance is below the scale"
    assert null is None


def test_an_interval_that_leaves_the_scale_is_cut_and_has_no_point_outside() -> None:
    (table,) = tables([result("a", 0.9, 0.1), result("null", 0.83, 0.08, standing="null")])
    bar = place(table, table.rows[1])
    assert bar is not None
    assert (bar.low, bar.value) == (0, None)
    assert bar.high > 0


def test_chance_is_drawn_where_it_is_on_the_scale() -> None:
    (table,) = tables([result("a", 0.55, 0.2)])
    bar = place(table, table.rows[0])
    assert bar is not None
    assert bar.chance is not None
