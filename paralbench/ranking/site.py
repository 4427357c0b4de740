"""The static leaderboard page: one file, no server, no network, the same bytes for the same results."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from paralbench.ranking.board import Board, Row, Table
from paralbench.ranking.data import as_csv, told
from paralbench.records.result import Result, Score

_HERE = Path(__file__).parent
_WIDTH = 200


@dataclass(frozen=True)
class Bar:
    """A score drawn: places in pixels from the left of a bar of fixed width."""

    low: float
    high: float
    value: float
    chance: float | None


def build(board: Board, folder: Path) -> Path:
    """Write index.html, leaderboard.csv and leaderboard.json; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals.update(bar=_bar, layer_bars=_layer_bars, shade=_shade, width=_WIDTH)
    page = environment.get_template("page.html").render(
        board=board,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        models=len({row.result.model.id for table in board.tables for row in table.rows}),
        entries=sum(len(table.rows) for table in board.tables),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "leaderboard.csv").write_text(as_csv(board), encoding="utf-8")
    data = json.dumps(told(board), indent=1, ensure_ascii=False) + "\n"
    (folder / "leaderboard.json").write_text(data, encoding="utf-8")
    return folder / "index.html"


def _hash(text: str) -> str:
    """As a content security policy names an inline block."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _bar(table: Table, row: Row) -> Bar:
    """Class metrics are drawn on 0 to 1; others from the table's lowest to its highest bound."""
    score = row.score
    low, high = _domain([one.score for one in table.rows])

    def place(value: float) -> float:
        return round(_WIDTH * min(max((value - low) / (high - low), 0), 1), 1)

    chance = None if score.chance is None else place(score.chance)
    return Bar(place(score.interval.low), place(score.interval.high), place(score.value), chance)


def _domain(scores: list[Score]) -> tuple[float, float]:
    bounds = [bound for score in scores for bound in (score.interval.low, score.interval.high)]
    low, high = min(0.0, *bounds), max(1.0, *bounds)
    return low, high


def _layer_bars(result: Result) -> list[tuple[int, float, float]]:
    """(layer, share, height in per cent) for every layer."""
    most = max(result.layer_weights, default=0) or 1
    return [
        (layer, share, round(100 * share / most, 1))
        for layer, share in enumerate(result.layer_weights)
    ]


def _shade(value: float, row: list[float]) -> int:
    """How dark a cell of the confusion matrix is, 0 to 10, by its share of the row."""
    total = sum(row)
    return round(10 * value / total) if total else 0
