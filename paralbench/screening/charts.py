"""The report's charts: how the scores are spread, whether they are right, and what acting on them is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from paralbench.pages.chart import Cell, Chart, drawn
from paralbench.records.bundle import Manifest
from paralbench.records.screened import Row
from paralbench.screening.in_place import Evaluation

_WIDTH, _HEIGHT = 480, 220
_BINS = 20
_GREY = "#8a8a8a"
_LEAST = -0.05
"""Net benefit below this is not drawn: acting on everybody costs ever more."""


def distribution(manifest: Manifest, rows: Sequence[Row]) -> Chart | None:
    """How many recordings have which score; None where none has one."""
    outcome = manifest.outcome
    kind = "probability" if outcome.kind == "class" else "value"
    found = [getattr(row.assessment, kind) for row in rows if row.assessment.status != "not scored"]
    scores = [float(one) for one in found if one is not None]
    if not scores:
        return None
    span = (0.0, 1.0) if outcome.kind == "class" else None
    counts, edges = np.histogram(scores, bins=_BINS, range=span)
    bars = [
        {"from": round(float(low), 6), "to": round(float(high), 6), "recordings": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    title = f"{outcome.title}: {outcome.positive}" if outcome.positive else outcome.title
    form = {"format": ".0%"} if kind == "probability" else {}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "opacity": 0.8}, "data": {"values": bars},
         "encoding": {
             "x": {"field": "from", "type": "quantitative", "bin": {"binned": True},
                   "title": title, "axis": form},
             "x2": {"field": "to"},
             "y": {"field": "recordings", "type": "quantitative", "title": "recordings"}}},
    ]  # fmt: skip
    about = "Each bar is a range of scores, its height how many recordings have one."
    point = manifest.operating_point
    if kind == "probability" and point is not None:
        layers.append(_rule([point.threshold], [1, 0]))
        about += " The line is the threshold"
        if point.abstain is not None and point.abstain[0] < point.abstain[1]:
            layers.append(_rule(list(point.abstain), [4, 4]))
            about += "; between the broken lines no prediction is made"
        about += "."
    svg = drawn(
        {"width": _WIDTH, "height": _HEIGHT, "layer": layers},
        f"Scores of {len(scores)} recordings",
    )
    return Chart("distribution", "How the scores are spread", about, svg, bars)


def calibration(found: Evaluation) -> Chart | None:
    """Predicted probability against the share that is truly positive; None for a number."""
    if not found.calibration:
        return None
    rows: list[dict[str, Cell]] = [
        {
            "predicted": one.predicted,
            "observed": one.observed.value,
            "low": one.observed.interval.low,
            "high": one.observed.interval.high,
            "recordings": one.recordings,
        }
        for one in found.calibration
    ]
    x = {"field": "predicted", "type": "quantitative", "title": "what the screener says",
         "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}  # fmt: skip
    y = {"type": "quantitative", "title": "how many it is true of", "scale": {"domain": [0, 1]},
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
        "Calibration on these recordings",
    )  # fmt: skip
    about = (
        "Each point is a group of recordings with like scores. On the broken line, of those said to "
        "be 70 % likely, 70 % are. Above it, more are than is said; below it, fewer. The bars are "
        "95 % intervals."
    )
    return Chart("calibration", "Whether a probability means what it says", about, svg, rows)


def benefit(found: Evaluation) -> Chart | None:
    """Net benefit over thresholds beside that of acting on everybody or on nobody."""
    if not found.benefit:
        return None
    rows: list[dict[str, Cell]] = [
        {"threshold": one.threshold, "way": way, "net benefit": value}
        for one in found.benefit
        for way, value in (
            ("the screener", one.screener), ("everybody", one.everyone), ("nobody", 0.0)
        )
        if value >= _LEAST
    ]  # fmt: skip
    svg = drawn(
        {
            "width": _WIDTH, "height": _HEIGHT, "data": {"values": rows},
            "mark": {"type": "line", "clip": True},
            "encoding": {
                "x": {"field": "threshold", "type": "quantitative", "axis": {"format": ".0%"},
                      "title": "probability from which one would act"},
                "y": {"field": "net benefit", "type": "quantitative", "title": "net benefit"},
                "color": {"field": "way", "type": "nominal", "title": "act on",
                          "sort": ["the screener", "everybody", "nobody"]},
            },
        },
        "Decision curve on these recordings",
    )  # fmt: skip
    about = (
        "Acting on those above a threshold finds some people rightly and bothers some for nothing; "
        "net benefit weighs both, in people rightly found per recording. The screener is of use at "
        "thresholds where its line is the highest."
    )
    return Chart("decision-curve", "Whether acting on it is worth it", about, svg, rows)


def _rule(places: list[float], dash: list[int]) -> dict[str, Any]:
    return {
        "data": {"values": [{"x": place} for place in places]},
        "mark": {"type": "rule", "strokeDash": dash, "color": "#d55e00", "strokeWidth": 2},
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    }
