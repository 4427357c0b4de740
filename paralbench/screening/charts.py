"""The report's charts: the spread of the scores, their calibration, and their net benefit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from paralbench.pages.chart import Cell, Chart, drawn
from paralbench.records.bundle import Manifest
from paralbench.records.screened import Row
from paralbench.screening.language import text
from paralbench.screening.local_evaluation import Evaluation

_WIDTH, _HEIGHT = 480, 220
_BINS = 20
_GREY = "#8a8a8a"
_LOWEST_BENEFIT = -0.05
"""Net benefit below this is not drawn: that of acting on everybody falls without limit."""


def distribution(manifest: Manifest, rows: Sequence[Row]) -> Chart | None:
    """A histogram of the scores; None where no recording has one."""
    outcome, point = manifest.outcome, manifest.operating_point
    is_class = outcome.kind == "class"
    scores = [
        score
        for row in rows
        if row.assessment.status != "not scored"
        and (score := row.assessment.probability if is_class else row.assessment.value) is not None
    ]
    if not scores:
        return None
    counts, edges = np.histogram(scores, bins=_BINS, range=(0.0, 1.0) if is_class else None)
    bars: list[dict[str, Cell]] = [
        {"from": round(float(low), 6), "to": round(float(high), 6), "recordings": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    title = outcome.title
    if is_class:
        title = text("points of 100 for “{positive}”", positive=outcome.positive)
    x = {"field": "from", "type": "quantitative", "bin": {"binned": True}, "title": title,
         "axis": {"labelExpr": "round(100 * datum.value)"} if is_class else {}}  # fmt: skip
    y = {
        "field": "recordings",
        "type": "quantitative",
        "title": text("recordings"),
        "axis": {"tickMinStep": 1, "format": "d"},
    }
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "opacity": 0.8}, "data": {"values": bars},
         "encoding": {"x": x, "x2": {"field": "to"}, "y": y}},
    ]  # fmt: skip
    about = text(
        "Each bar is a range of scores; its height is the number of recordings in that range."
    )
    if is_class and point is not None:
        layers.append(_rule([point.threshold], [1, 0]))
        line = text("The line is the threshold.")
        if point.abstain is not None and point.abstain[0] < point.abstain[1]:
            layers.append(_rule(list(point.abstain), [4, 4]))
            line = text(
                "The line is the threshold; between the broken lines a score is too near it to say."
            )
        about += f" {line}"
    svg = drawn(
        {"width": _WIDTH, "height": _HEIGHT, "layer": layers},
        text("Distribution of the scores"),
    )
    return Chart("distribution", text("Distribution of the scores"), about, svg, bars)


def calibration(evaluation: Evaluation) -> Chart | None:
    """Predicted probability against the observed share of positives; None for a number."""
    if not evaluation.calibration:
        return None
    rows: list[dict[str, Cell]] = [
        {
            "predicted": group.predicted,
            "observed": group.observed.value,
            "low": group.observed.interval.low,
            "high": group.observed.interval.high,
            "recordings": group.recordings,
        }
        for group in evaluation.calibration
    ]
    x = {"field": "predicted", "type": "quantitative", "title": text("predicted probability"),
         "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}  # fmt: skip
    y = {"type": "quantitative", "title": text("observed share"), "scale": {"domain": [0, 1]},
         "axis": {"format": ".0%"}}  # fmt: skip
    line = [{"predicted": 0, "observed": 0}, {"predicted": 1, "observed": 1}]
    svg = drawn(
        {
            "width": 300, "height": 300, "data": {"values": rows},
            "layer": [
                {"data": {"values": line}, "mark": {"type": "line", "color": _GREY, "strokeDash": [4, 4]},
                 "encoding": {"x": x, "y": {**y, "field": "observed"}}},
                {"mark": {"type": "rule", "color": _GREY},
                 "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
                {"mark": {"type": "point", "filled": True},
                 "encoding": {"x": x, "y": {**y, "field": "observed"},
                              "size": {"field": "recordings", "type": "quantitative", "legend": None}}},
            ],
        },
        text("Predicted and observed probability"),
    )  # fmt: skip
    about = text(
        "Each point is a group of recordings with similar scores. On the broken line, 70 % of the "
        "recordings with a score of 70 % are positive. Above the line more are positive than "
        "predicted, below it fewer. The bars are 95 % intervals."
    )
    return Chart("calibration", text("Predicted and observed probability"), about, svg, rows)


def benefit(evaluation: Evaluation) -> Chart | None:
    """Net benefit by threshold, beside that of acting on everybody or on nobody."""
    if not evaluation.benefit:
        return None
    policies = (text("the screener"), text("everybody"), text("nobody"))
    rows: list[dict[str, Cell]] = [
        {"threshold": point.threshold, "policy": policy, "net benefit": value}
        for point in evaluation.benefit
        for policy, value in zip(policies, (point.screener, point.everyone, 0.0), strict=True)
        if value >= _LOWEST_BENEFIT
    ]
    svg = drawn(
        {
            "width": _WIDTH, "height": _HEIGHT, "data": {"values": rows},
            "mark": {"type": "line", "clip": True},
            "encoding": {
                "x": {"field": "threshold", "type": "quantitative", "axis": {"format": ".0%"},
                      "title": text("threshold from which one would act")},
                "y": {"field": "net benefit", "type": "quantitative", "title": text("net benefit")},
                "color": {"field": "policy", "type": "nominal", "title": text("act on"),
                          "sort": list(policies)},
            },
        },
        text("Is acting on the score worth it?"),
    )  # fmt: skip
    about = text(
        "Acting on everyone above a threshold finds some people correctly and raises false alarms for "
        "others. Net benefit weighs the two, in people correctly found per recording. The screener "
        "is useful at thresholds where its line is the highest."
    )
    return Chart("decision-curve", text("Is acting on the score worth it?"), about, svg, rows)


def _rule(places: list[float], dash: list[int]) -> dict[str, Any]:
    return {
        "data": {"values": [{"x": place} for place in places]},
        "mark": {"type": "rule", "strokeDash": dash, "color": "#d55e00", "strokeWidth": 2},
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    }
