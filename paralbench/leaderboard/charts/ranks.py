"""The rank range of each entry: the critical-difference diagram of one task."""

from __future__ import annotations

from paralbench.leaderboard.board import Table
from paralbench.pages.chart import Cell, Chart, drawn

_MOST = 40


def chart(table: Table) -> Chart | None:
    """One line an entry, one colour a tie group; None with fewer than two entries."""
    rows: list[dict[str, Cell]] = [
        {"model": row.result.model.id, "head": row.result.head, "rank": row.rank,
         "low": row.separation.low, "high": row.separation.high, "group": row.separation.group,
         "probability of best": row.separation.best}
        for row in table.rows if row.separation is not None
    ]  # fmt: skip
    if len(rows) < 2:
        return None
    shown = [{**row, "entry": f"{row['model']} · {row['head']}"} for row in rows[:_MOST]]
    order = [row["entry"] for row in shown]
    y = {"field": "entry", "type": "nominal", "sort": order, "title": None}
    x = {"type": "quantitative", "title": "rank", "axis": {"tickMinStep": 1, "format": "d"},
         "scale": {"zero": False, "nice": False, "padding": 10}}  # fmt: skip
    hue = {"field": "group", "type": "nominal", "legend": None}
    return Chart(
        name=f"{table.stem}.ranks",
        title="Which entries differ significantly",
        about="95 % range of each rank. Entries of one colour are tied with the best of them: the difference is "
        "not significant (Holm's correction).",
        svg=drawn(
            {
                "width": 420, "height": {"step": 20}, "data": {"values": shown},
                "layer": [
                    {"mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.5},
                     "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": hue}},
                    {"mark": {"type": "point", "filled": True, "size": 70},
                     "encoding": {"y": y, "x": {**x, "field": "rank"}, "color": hue}},
                ],
            },
            f"Rank intervals of {len(shown)} entries",
        ),
        rows=rows,
    )  # fmt: skip
