"""Scores and weights by layer: learned layer weights, and each layer alone where analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from paralbench.pages.chart import Cell, Chart, drawn
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.records.result import Result


def weights(name: str, results: Iterable[Result]) -> Chart | None:
    """One row an entry, one cell a layer; None where no entry has weights of several layers."""
    shown = [result for result in results if len(result.layer_weights) > 1]
    if not shown:
        return None
    rows: list[dict[str, Cell]] = [
        {"task": result.task, "model": result.model.id, "head": result.head, "layer": layer,
         "depth": layer / (len(result.layer_weights) - 1), "weight": share,
         "share of an even weight": round(share * len(result.layer_weights), 4)}
        for result in shown for layer, share in enumerate(result.layer_weights)
    ]  # fmt: skip
    tasks, models = ({result.task for result in shown}, {result.model.id for result in shown})

    def called(row: dict[str, Cell]) -> str:
        parts = [str(row["model"])] if len(models) > 1 or len(tasks) == 1 else []
        return " · ".join(
            [*parts, *([str(row["task"])] if len(tasks) > 1 else []), str(row["head"])]
        )

    values = [{**row, "entry": called(row)} for row in rows]
    return Chart(
        name=f"{name}.layer-weights",
        title="Learned weights of the layers",
        about="From the first hidden state to the last, mean over folds and seeds, as multiples of an even "
        "weight.",
        svg=drawn(
            {
                "width": 480,
                "height": {"step": 20},
                "data": {"values": values},
                "mark": "rect",
                "encoding": {
                    "x": {"field": "layer", "type": "ordinal", "title": "layer",
                          "axis": {"labelAngle": 0}},
                    "y": {"field": "entry", "type": "nominal", "title": None},
                    "color": {"field": "share of an even weight", "type": "quantitative",
                              "scale": {"scheme": "viridis"}, "title": "times even"},
                },
            },
            f"Layer weights of {len(shown)} entries",
        ),
        rows=rows,
    )  # fmt: skip


def alone(analyses: Sequence[LayerAnalysis]) -> list[Chart]:
    """For each task, the score of every layer alone, a line a model; bands are intervals."""
    charts = []
    for task in sorted({analysis.task for analysis in analyses}):
        of_task = [analysis for analysis in analyses if analysis.task == task]
        metric = of_task[0].learned.metric.upper()
        rows: list[dict[str, Cell]] = [
            {"task": task, "model": analysis.model, "head": analysis.head, "layer": layer,
             "depth": layer / max(len(analysis.single) - 1, 1), "score": score.value,
             "low": score.interval.low, "high": score.interval.high, "all layers": analysis.learned.value}
            for analysis in of_task for layer, score in enumerate(analysis.single)
        ]  # fmt: skip
        x = {"field": "layer", "type": "quantitative", "title": "layer", "axis": {"tickMinStep": 1}}
        y = {"type": "quantitative", "title": metric, "scale": {"zero": False}}
        hue = {"field": "model", "type": "nominal"}
        charts.append(
            Chart(
                name=f"{task}.layers-alone",
                title=f"{task}: each layer alone",
                about="The head on one layer at a time, with 95 % intervals; dashed, on all layers weighted. The "
                "best layer was picked by test scores: it shows which layers carry the task and is not a result.",
                svg=drawn(
                    {
                        "width": 480, "height": 260, "data": {"values": rows},
                        "layer": [
                            {"mark": {"type": "area", "opacity": 0.15},
                             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": hue}},
                            {"mark": {"type": "line", "point": True},
                             "encoding": {"x": x, "y": {**y, "field": "score"}, "color": hue}},
                            {"mark": {"type": "line", "strokeDash": [4, 3]},
                             "encoding": {"x": x, "y": {**y, "field": "all layers"}, "color": hue}},
                        ],
                    },
                    f"{metric} of each layer alone on {task}, {len(of_task)} models",
                ),
                rows=rows,
            )
        )  # fmt: skip
    return charts
