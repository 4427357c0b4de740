"""Score against a cost, within one hardware class; the front is joined by a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from paralbench.leaderboard.board import Table
from paralbench.leaderboard.costs import COSTS, costs
from paralbench.leaderboard.efficiency import Point, by_class, pareto
from paralbench.pages.chart import Chart, drawn

_MOST = 400
"""The most points drawn, the best by score; all are in the CSV."""


def charts(table: Table) -> list[Chart]:
    """A chart for every cost and hardware class in which two entries or more are known."""
    rows = [row for row in table.rows if row.rank is not None]
    found = [costs(row.result) for row in rows]
    made = []
    for number, places in enumerate(by_class(one.hardware for one in found).values()):
        for axis in COSTS:
            points = [
                {"model": rows[place].result.model.id, "head": rows[place].result.head,
                 "score": rows[place].score.value, "low": rows[place].score.interval.low,
                 "high": rows[place].score.interval.high, "cost": axis.read(found[place])}
                for place in places
            ]  # fmt: skip
            known = [point for point in points if point["cost"]]
            if len(known) > 1:
                hardware = found[places[0]].hardware
                made.append(_chart(table, axis.name, axis.title, hardware, number, known))
    return made


def _chart(
    table: Table, name: str, title: str, hardware: str, number: int, points: list[dict[str, Any]]
) -> Chart:
    sign = 1 if table.higher_is_better else -1
    front = set(pareto([Point(sign * one["score"], one["cost"]) for one in points]))
    rows = [{**one, "front": int(place in front)} for place, one in enumerate(points)]
    shown = sorted(rows, key=lambda one: (-one["front"], -sign * one["score"]))[:_MOST]
    label = (
        f"{table.metric.upper()} against {_in_words(title)}, {len(rows)} entries, {len(front)} on the front"
    )  # fmt: skip
    return Chart(
        name=f"{table.stem}.{name}.{number}",
        title=f"{table.metric.upper()} against {_in_words(title)}",
        about=f"Measured on: {hardware}. The line joins the entries that no other beats in both.",
        svg=drawn(_specification(table.metric, title, shown), label),
        rows=rows,
    )


def _specification(metric: str, title: str, shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    x = {"field": "cost", "type": "quantitative", "scale": {"type": "log"}, "title": title,
         "axis": {"format": "~s", "tickCount": 6, "grid": False}}  # fmt: skip
    y = {
        "field": "score",
        "type": "quantitative",
        "scale": {"zero": False},
        "title": metric.upper(),
    }
    text = [
        {**one, "name": f"{one['model']} · {one['head']}"} for one in shown
    ]  # fmt: skip
    middle = math.sqrt(min(one["cost"] for one in shown) * max(one["cost"] for one in shown))
    line = {"type": "line", "interpolate": "step-after", "color": "#d55e00", "strokeWidth": 1.5}
    return {
        "width": 480, "height": 300, "data": {"values": text},
        "layer": [
            {"mark": {"type": "rule", "color": "#8888"},
             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"transform": [{"filter": "datum.front == 1"}], "mark": line,
             "encoding": {"x": x, "y": y}},
            {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.9},
             "encoding": {"x": x, "y": y, "color": {"field": "head", "title": "head"},
                          "shape": {"field": "head", "title": "head"}}},
            *(
                {"transform": [{"filter": f"datum.front == 1 && {side}"}],
                 "mark": {"type": "text", "align": align, "dx": dx, "dy": -8, "fontSize": 10},
                 "encoding": {"x": x, "y": y, "text": {"field": "name"}}}
                for side, align, dx in (
                    (f"datum.cost < {middle}", "left", 6), (f"datum.cost >= {middle}", "right", -6)
                )
            ),
        ],
    }  # fmt: skip


def _in_words(title: str) -> str:
    """A title in the middle of a sentence; abbreviations keep their capitals."""
    return title if title[1].isupper() else title[0].lower() + title[1:]
