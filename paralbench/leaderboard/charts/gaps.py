"""Scores of subgroups with their intervals, entry by entry."""

from __future__ import annotations

from paralbench.leaderboard.board import Table
from paralbench.pages.chart import Chart, drawn

_ENTRIES = 8


def charts(table: Table) -> list[Chart]:
    """A chart for every attribute, of the ranking metric and the best entries."""
    by_attribute: dict[str, list[dict[str, str | int | float | None]]] = {}
    for row in table.rows:
        for subgroup in row.result.subgroups:
            if subgroup.metric != table.metric:
                continue
            for cell in subgroup.cells:
                by_attribute.setdefault(subgroup.attribute, []).append(
                    {
                        "model": row.result.model.id, "head": row.result.head,
                        subgroup.attribute: cell.value, "examples": cell.examples,
                        "clusters": cell.clusters, "score": cell.score,
                        "low": cell.interval.low if cell.interval else None,
                        "high": cell.interval.high if cell.interval else None,
                        "reason": cell.reason,
                    }
                )  # fmt: skip
    return [_chart(table, attribute, rows) for attribute, rows in sorted(by_attribute.items())]


def _chart(table: Table, attribute: str, rows: list[dict[str, str | int | float | None]]) -> Chart:
    entries = list(dict.fromkeys(f"{row['model']} · {row['head']}" for row in rows))[:_ENTRIES]
    values = [
        {**row, "entry": entry, "value": row[attribute]}
        for row in rows
        if (entry := f"{row['model']} · {row['head']}") in entries and row["score"] is not None
    ]
    y = {"field": "value", "type": "nominal", "title": None}
    x = {"type": "quantitative", "title": table.metric.upper(), "scale": {"zero": False}}
    hue = {"field": "value", "type": "nominal", "title": attribute, "legend": None}
    return Chart(
        name=f"{table.stem}.by-{attribute}",
        title=f"{table.metric.upper()} by {attribute}",
        about="With 95 % intervals. Groups too small for a number are left out here and named in the CSV.",
        svg=drawn(
            {
                "data": {"values": values},
                "facet": {"row": {"field": "entry", "title": None, "sort": entries,
                                  "header": {"labelAngle": 0, "labelAlign": "left", "labelLimit": 220}}},
                "spec": {
                    "width": 360, "height": {"step": 16},
                    "layer": [
                        {"mark": {"type": "rule"},
                         "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": hue}},
                        {"mark": {"type": "point", "filled": True, "size": 50},
                         "encoding": {"y": y, "x": {**x, "field": "score"}, "color": hue}},
                    ],
                },
            },
            f"{table.metric.upper()} by {attribute} of {len(entries)} entries",
        ),
        rows=rows,
    )  # fmt: skip
