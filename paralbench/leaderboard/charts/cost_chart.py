"""Score against cost, drawn for a wide page and for a phone: every point is named, no names overlap.

Points are links, so that they can be reached by keyboard; a browser shows their titles under the
pointer. Costs are compared within one hardware class only, so each class has its own drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from paralbench.leaderboard.board import Table
from paralbench.leaderboard.charts.labels import LINE, Box, Label, placed
from paralbench.leaderboard.charts.scale import linear_ticks, log_ticks
from paralbench.leaderboard.costs import COSTS, Axis, Costs, costs
from paralbench.leaderboard.efficiency import Point, by_class, pareto
from paralbench.leaderboard.entries import address
from paralbench.leaderboard.family import FAMILIES, family
from paralbench.pages.chart import Cell
from paralbench.system.csv_cell import csv_text
from paralbench.system.quantity import prefixed

MOST = 40
"""The most points drawn, the front and then the best by score; all are in the CSV."""
SIZES = (("wide", 1160, 520), ("narrow", 340, 640))
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 16, 48
_RADIUS = 5
_NAME = 20
"""The height that a phone's drawing has for each name."""
_SIGNS = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", "M-4.5 -4.5h9v9h-9z", "M0 -6l6 10h-12z", "M0 -6l6 6l-6 6l-6 -6z",
    "M0 6l6 -10h-12z", "M-2 -6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
)  # fmt: skip


@dataclass(frozen=True)
class _Dot:
    """An entry with a known cost."""

    name: str
    url: str
    family: str
    score: float
    low: float
    high: float
    cost: float
    front: bool


@dataclass(frozen=True)
class View:
    """One choice of the axis: its drawings by size, and its numbers.

    ``hardware`` is "" for parameters, which do not depend on it.
    """

    name: str
    title: str
    hardware: str
    drawings: tuple[tuple[str, Markup], ...]
    families: tuple[tuple[str, int, str], ...]
    shown: int
    rows: tuple[dict[str, Cell], ...]

    def csv(self) -> str:
        """The numbers, with a header."""
        return csv_text(self.rows, list(self.rows[0]))


@dataclass(frozen=True)
class CostChart:
    """The chart of a table, with one view an axis and hardware class."""

    table: Table
    views: tuple[View, ...]


def cost_chart(table: Table, root: str) -> CostChart | None:
    """The chart of a table; None where no cost of two entries is known.

    Args:
        table: whose ranked entries are drawn.
        root: the way from the page to the site's folder.
    """
    rows = [row for row in table.rows if row.rank is not None]
    entry_costs = [costs(row.result) for row in rows]
    machine, counted = list(COSTS[:-1]), COSTS[-1]
    choices: list[tuple[Axis, str, str, Sequence[int]]] = [
        (axis, f"{axis.name}.{number}", hardware, places)
        for number, (hardware, places) in enumerate(
            sorted(
                by_class(cost.hardware for cost in entry_costs).items(),
                key=lambda item: -len(item[1]),
            )
        )
        for axis in machine
    ]
    choices.append((counted, counted.name, "", range(len(rows))))
    views = []
    for axis, name, hardware, places in choices:
        known = [place for place in places if axis.read(entry_costs[place])]
        if len(known) > 1:
            dots = _dots(table, root, axis, known, entry_costs)
            views.append(_view(table, f"{table.stem}.{name}", axis.title, hardware, dots))
    views.sort(key=lambda view: -len(view.rows))
    return CostChart(table, tuple(views)) if views else None


def _dots(
    table: Table, root: str, axis: Axis, places: Sequence[int], entry_costs: Sequence[Costs]
) -> list[_Dot]:
    sign = 1 if table.higher_is_better else -1
    rows = [table.rows[place] for place in places]
    values = [float(axis.read(entry_costs[place]) or 0) for place in places]
    front = set(
        pareto(
            [Point(sign * row.score.value, cost) for row, cost in zip(rows, values, strict=True)]
        )
    )
    return [
        _Dot(
            f"{row.result.model.id} · {row.result.head}", root + address(row.result), family(row.result.model),
            row.score.value, row.score.interval.low, row.score.interval.high, cost, place in front,
        )
        for place, (row, cost) in enumerate(zip(rows, values, strict=True))
    ]  # fmt: skip


def _view(table: Table, name: str, title: str, hardware: str, dots: list[_Dot]) -> View:
    sign = 1 if table.higher_is_better else -1
    shown = sorted(dots, key=lambda dot: (not dot.front, -sign * dot.score))[:MOST]
    more = _NAME * max(0, len(shown) - 18)
    families = [name for name in FAMILIES if any(dot.family == name for dot in shown)]
    return View(
        name=name,
        title=title,
        hardware=hardware,
        drawings=tuple(
            (size, _drawing(table.metric, title, shown, width, height + (more if size == "narrow" else 0)))
            for size, width, height in SIZES
        ),
        families=tuple((name, *_look(name)) for name in families),
        shown=len(shown),
        rows=tuple(
            {
                "entry": dot.name, "family": dot.family, "score": dot.score, "low": dot.low,
                "high": dot.high, "cost": dot.cost, "front": int(dot.front),
            }
            for dot in dots
        ),
    )  # fmt: skip


def _look(name: str) -> tuple[int, str]:
    """A family's colour and sign: the same on every page."""
    place = FAMILIES.index(name)
    return place, _SIGNS[place % len(_SIGNS)]


def _drawing(metric: str, title: str, dots: Sequence[_Dot], width: int, height: int) -> Markup:
    right, bottom = width - _RIGHT, height - _BOTTOM
    # Scores lie by their points, not by their intervals: the zoom is what distinguishes entries.
    scores = [dot.score for dot in dots]
    pad = 0.06 * (max(scores) - min(scores)) or 0.01
    low, high = min(scores) - pad, max(scores) + pad
    logs = [math.log10(dot.cost) for dot in dots]
    space = 0.04 * (max(logs) - min(logs)) or 0.5
    least, most = min(logs) - space, max(logs) + space

    def x(cost: float) -> float:
        return round(_LEFT + (right - _LEFT) * (math.log10(cost) - least) / (most - least), 1)

    def y(score: float) -> float:
        return round(bottom - (bottom - _TOP) * (score - low) / (high - low), 1)

    parts = [_axes(metric, title, width, height)]
    for value in linear_ticks(low, high):
        parts.append(
            Markup('<path class="grid" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>').format(
                _LEFT, y(value), right, _LEFT - 6, y(value) + 4, f"{value:.3f}"
            )
        )  # fmt: skip
    for value in log_ticks(least, most, 3 if width < 600 else 8):
        parts.append(
            Markup('<path class="grid" d="M{} {}v5"/><text x="{}" y="{}" text-anchor="middle">{}</text>').format(
                x(value), bottom, x(value), bottom + 18, _tick(value)
            )
        )  # fmt: skip
    front = sorted((dot for dot in dots if dot.front), key=lambda dot: dot.cost)
    steps = "".join(f"H{x(dot.cost)}V{y(dot.score)}" for dot in front[1:])
    start = f"M{x(front[0].cost)} {y(front[0].score)}"
    parts.append(Markup('<path class="front" d="{}"/>').format(start + steps))
    labels = placed(
        [(x(dot.cost), y(dot.score), dot.name) for dot in dots],
        Box(_LEFT + 2, _TOP - 8, right, bottom - 2), _RADIUS + 2,
    )  # fmt: skip
    at = [(x(dot.cost), y(dot.score)) for dot in dots]
    # Lines lie below all names and points.
    parts += [_line(*place, label) for place, label in zip(at, labels, strict=True) if label]
    for dot, place, label in zip(dots, at, labels, strict=True):
        parts.append(_point(metric, dot, *place, label))
    return Markup(
        '<svg class="cost" role="group" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>'
    ).format(
        f"{metric.upper()} against {title}, {len(dots)} entries", width, height, width, height,
        Markup("").join(parts),
    )  # fmt: skip


def _axes(metric: str, title: str, width: int, height: int) -> Markup:
    return Markup(
        '<path class="grid" d="M{left} {bottom}H{right}"/>'
        '<text x="{right}" y="{below}" text-anchor="end">{title} →</text>'
        '<text x="{left}" y="10">↑ {metric}</text>'
    ).format(
        left=_LEFT, bottom=height - _BOTTOM, right=width - _RIGHT, below=height - 8, title=title,
        metric=metric.upper(),
    )  # fmt: skip


def _point(metric: str, dot: _Dot, x: float, y: float, label: Label | None) -> Markup:
    colour, sign = _look(dot.family)
    words = (
        f"{dot.name} ({dot.family}): {metric.upper()} {dot.score:.3f}, {dot.low:.3f} to {dot.high:.3f}; "
        f"cost {_tick(dot.cost)}"
    )
    name = Markup("")
    if label is not None:
        name = Markup('<text class="name" x="{}" y="{}">{}</text>').format(
            round(label.box.left, 1), round(label.box.top + LINE - 3, 1), dot.name
        )
    return Markup(
        '<a href="{}" aria-label="{}"><title>{}</title>{}<path class="f{}" d="{}" transform="translate({} {})"/></a>'
    ).format(dot.url, words, words, name, colour, sign, x, y)


def _line(x: float, y: float, label: Label) -> Markup:
    """From a point to a name that is far from it."""
    if not label.far:
        return Markup("")
    edge = label.box.top if label.box.top > y else label.box.bottom
    middle = label.box.top < y < label.box.bottom
    return Markup('<path class="lead-line" d="M{} {}L{} {}"/>').format(
        x, y, round(label.end, 1), round(y if middle else edge, 1)
    )


def _tick(value: float) -> str:
    return prefixed(value) if value >= 1 else f"{value:.3g}"
