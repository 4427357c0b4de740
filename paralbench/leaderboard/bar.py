"""A score drawn as a bar: value and interval, in pixels from the left of a scale for the table."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.leaderboard.board import Row, Table

WIDTH = 120


@dataclass(frozen=True)
class Bar:
    """Positions in pixels from the left of a bar of fixed width; what is off the scale is None."""

    low: float
    high: float
    value: float | None
    chance: float | None


def bounds(table: Table) -> tuple[float, float]:
    """The ends of the scale: the lowest and highest bound of the ranked entries' intervals.

    Nulls, unranked entries and chance lie where they fall; they do not widen the scale.
    """
    ranked = [row for row in table.rows if row.rank is not None] or table.rows
    return (
        min(row.score.interval.low for row in ranked),
        max(row.score.interval.high for row in ranked),
    )


def place(table: Table, row: Row) -> Bar | None:
    """The bar of a row; None where the whole interval is off the table's scale."""
    score = row.score
    low, high = bounds(table)
    if score.interval.high < low or score.interval.low > high:
        return None

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low) if high > low else 0.5
        return round(WIDTH * share, 1)

    def inside(value: float | None) -> float | None:
        return at(value) if value is not None and low <= value <= high else None

    return Bar(
        at(score.interval.low), at(score.interval.high), inside(score.value), inside(score.chance)
    )
