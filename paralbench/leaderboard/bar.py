"""A score drawn as a bar: value, interval and chance, in pixels from the left."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.leaderboard.board import Row, Table

WIDTH = 80


@dataclass(frozen=True)
class Bar:
    """Positions in pixels from the left of a bar of fixed width."""

    low: float
    high: float
    value: float
    chance: float | None


def place(table: Table, row: Row) -> Bar:
    """From the table's lowest bound, or chance, to its highest."""
    score = row.score
    bounds = [
        bound
        for entry in table.rows
        for bound in (entry.score.interval.low, entry.score.interval.high, entry.score.chance)
        if bound is not None
    ]
    low, high = min(bounds), max(bounds)

    def at(value: float) -> float:
        return round(WIDTH * (value - low) / (high - low), 1) if high > low else WIDTH / 2

    chance = None if score.chance is None else at(score.chance)
    return Bar(at(score.interval.low), at(score.interval.high), at(score.value), chance)
