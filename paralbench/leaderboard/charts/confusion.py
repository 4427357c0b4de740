"""The confusion matrix of a task's best entry, as shares of each true class."""

from __future__ import annotations

from paralbench.leaderboard.board import Table
from paralbench.pages.chart import Cell, Chart, drawn


def chart(table: Table) -> Chart | None:
    """Of the first ranked entry; None where it has no classes."""
    best = next((row.result for row in table.rows if row.rank is not None), None)
    if best is None or not best.confusion:
        return None
    rows: list[dict[str, Cell]] = [
        {"truth": truth, "predicted": predicted, "examples": count,
         "share": round(count / sum(counts), 4) if sum(counts) else None}
        for truth, counts in zip(best.classes, best.confusion, strict=True)
        for predicted, count in zip(best.classes, counts, strict=True)
    ]  # fmt: skip
    x = {"field": "predicted", "type": "nominal", "sort": best.classes, "title": "predicted"}
    y = {"field": "truth", "type": "nominal", "sort": best.classes, "title": "truth"}
    share = {"field": "share", "type": "quantitative"}
    return Chart(
        name=f"{table.stem}.confusion",
        title=f"What {best.model.id} with {best.head} takes for what",
        about="Shares of each true class, mean over seeds.",
        svg=drawn(
            {
                "width": {"step": 54}, "height": {"step": 34}, "data": {"values": rows},
                "layer": [
                    {"mark": "rect",
                     "encoding": {"x": x, "y": y, "color": {**share, "scale": {"scheme": "blues", "domain": [0, 1]},
                                                            "title": "share"}}},
                    # Inside a cell text cannot take the page's colour: it stands on the cell's.
                    {"mark": {"type": "text", "stroke": "#fff", "strokeWidth": 3, "fontSize": 12},
                     "encoding": {"x": x, "y": y, "text": {**share, "format": ".2f"}}},
                    {"mark": {"type": "text", "color": "#000", "fontSize": 12},
                     "encoding": {"x": x, "y": y, "text": {**share, "format": ".2f"}}},
                ],
            },
            f"Confusion matrix of {best.model.id} with {best.head}, {len(best.classes)} classes",
        ),
        rows=rows,
    )  # fmt: skip
