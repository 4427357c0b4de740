"""Writes all pages and files of the leaderboard below a folder."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from paralbench.leaderboard.badge import badge
from paralbench.leaderboard.bar import WIDTH, bounds, place
from paralbench.leaderboard.board import Board, Row, Table, unranked
from paralbench.leaderboard.charts import confusion, gaps, layers, ranks
from paralbench.leaderboard.charts.cost_chart import CostChart, cost_chart
from paralbench.leaderboard.citation import citation
from paralbench.leaderboard.comparison import comparison
from paralbench.leaderboard.costs import costs
from paralbench.leaderboard.data import board_csv, records, table_csv
from paralbench.leaderboard.entries import address
from paralbench.leaderboard.entries import records as explorer_records
from paralbench.leaderboard.groups import COLUMNS as GROUP_COLUMNS
from paralbench.leaderboard.groups import parquet as group_parquet
from paralbench.leaderboard.groups import records as group_records
from paralbench.leaderboard.latex import latex
from paralbench.leaderboard.matrix import matrices
from paralbench.leaderboard.overview import overview, sentence
from paralbench.leaderboard.preview import preview
from paralbench.leaderboard.robust import robust
from paralbench.leaderboard.unseen_words import pair_tables
from paralbench.pages.chart import Chart
from paralbench.pages.glossary import words
from paralbench.pages.templates import STYLE, strict
from paralbench.records.result import Result
from paralbench.system.csv_cell import csv_text
from paralbench.system.quantity import prefixed

_HERE = Path(__file__).parent
_MOST = 10
"""How many entries of a task the front page shows."""
_FILTERS = (
    ("task", "Task"), ("model", "Model"), ("head", "Head"), ("term", "Term"),
    ("language", "Language"), ("licence", "Licence"), ("contamination", "Data seen in training"),
    ("hardware", "Hardware"),
)  # fmt: skip
_AXES = (
    ("computing", "Computing"), ("memory", "Memory"), ("shipping", "Bytes to ship"),
)  # fmt: skip
_PARTS = ("tasks", "models", "entries", "data", "assets")


def build(board: Board, folder: Path, url: str = "") -> Path:
    """Write the site and return the front page's path; an earlier build is removed.

    Args:
        board: what the pages show.
        folder: where they are written.
        url: the address at which the site will stand. Social sites want whole addresses in previews.
    """
    for part in _PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_HERE / "assets", folder / "assets")
    shutil.copy(STYLE, folder / "assets")
    _Site(board, folder, url.rstrip("/") + "/" if url else "").write()
    return folder / "index.html"


def page(table: Table) -> str:
    """The path of a table's page below the site."""
    return f"tasks/{table.stem}.html"


@dataclass
class _Site:
    board: Board
    folder: Path
    url: str

    def write(self) -> None:
        """Write all pages and the files that they link to."""
        board = self.board
        self._environment = _environment()
        self._pairs = pair_tables(board.tables)
        self._citation = citation(board)
        models_by_tasks, size = overview(board.tables), _size(board)
        self._page(
            "index.html",
            "index",
            most=_MOST,
            size=size,
            matrix=models_by_tasks,
            cost=_widest(board),
        )
        (self.folder / "assets" / "preview.png").write_bytes(
            preview(models_by_tasks, size, self._citation)
        )
        self._page(
            "explore.html", "explore", filters=_FILTERS, axes=_AXES,
            records=_json_in_html(explorer_records(board)),
        )  # fmt: skip
        self._groups()
        self._page("compare.html", "compare", records=_json_in_html(comparison(board)))
        for table in board.tables:
            self._table(table, _charts(table))
        for model, rows in _by_model(board).items():
            self._model(model, rows)
        crossed = matrices(board.crossed)
        for table in unranked(board.crossed):
            self._table(table, [])  # cross-corpus entries have pages but no ranks
        for matrix in crossed:
            self._file(f"data/{matrix.name}.csv", matrix.csv())
        self._page(
            "analysis.html", "analysis", matrices=crossed,
            layers=self._kept(layers.alone(board.layers)),
        )  # fmt: skip
        self._file("leaderboard.csv", board_csv(board))
        self._file(
            "leaderboard.json", json.dumps(records(board), indent=1, ensure_ascii=False) + "\n"
        )
        names = sorted(file.name for file in (self.folder / "data").glob("*"))
        self._page("data.html", "data", files=names)
        self._page("glossary.html", "glossary", words=words())

    def _groups(self) -> None:
        """The page of terms and suites, and its numbers."""
        listed = self.board.groups
        self._page("overall.html", "overall", groups=listed)
        rows = group_records(listed)
        self._file("overall.csv", csv_text(rows, GROUP_COLUMNS))
        self._file("overall.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        self._bytes("overall.parquet", group_parquet(listed))

    def _model(self, model: str, rows: Sequence[tuple[Table, Row]]) -> None:
        latest = max((row.result for _, row in rows), key=lambda result: result.provenance.created)
        real = [row.result for table, row in rows if not table.synthetic]
        chart = layers.weights(model, real)
        self._page(
            f"models/{model}.html", "model",
            model=latest.model,
            cards=latest.cards.models if latest.cards else [],
            verdict=next((row.verdict for _, row in rows if row.verdict is not None), None),
            rows=rows,
            charts=self._kept([chart] if chart else []),
        )  # fmt: skip

    def _table(self, table: Table, charts: Sequence[Chart]) -> None:
        """A table's page, its files, and the pages of its entries."""
        pair = next((pair for pair in self._pairs if table in (pair.seen, pair.unseen)), None)
        cost = cost_chart(table, "../")
        for view in cost.views if cost else ():
            self._file(f"data/{view.name}.csv", view.csv())
        self._page(
            page(table), "task", table=table, charts=self._kept(charts), pair=pair, cost=cost
        )
        self._table_files(table)
        for row in table.rows:
            self._page(address(row.result), "entry", table=table, row=row)

    def _table_files(self, table: Table) -> None:
        self._file(f"data/{table.stem}.csv", table_csv(table))
        self._file(f"data/{table.stem}.tex", latex(table))
        for row in table.rows[:3]:
            if row.rank is not None:
                name = f"{table.stem}.{row.result.model.id}.{row.result.head}.svg"
                self._file(f"data/{name}", badge(table, row))

    def _kept(self, charts: Sequence[Chart]) -> Sequence[Chart]:
        for chart in charts:
            self._file(f"data/{chart.name}.csv", chart.csv())
        return charts

    def _page(self, name: str, template: str, **values: Any) -> None:
        text = self._environment.get_template(f"{template}.html").render(
            root="../" * name.count("/"),
            here=template,
            board=self.board,
            name=name,
            url=self.url,
            citation=self._citation,
            **values,
        )
        self._file(name, text)

    def _file(self, name: str, text: str) -> None:
        self._bytes(name, text.encode())

    def _bytes(self, name: str, content: bytes) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _environment() -> jinja2.Environment:
    environment = strict(_HERE / "templates")
    environment.globals.update(
        address=address, bounds=bounds, costs=costs, page=page, place=place, quantity=prefixed, shade=shade,
        width=WIDTH, layer_bars=_layer_bars, robust=robust, sentence=sentence,
    )  # fmt: skip
    environment.filters["first_rows"] = lambda table, most: replace(table, rows=table.rows[:most])
    return environment


def _size(board: Board) -> str:
    results = [row.result for table in board.tables for row in table.rows]
    models = len({result.model.id for result in results})
    counts = ((len(results), "entry", "entries"), (models, "model", "models"),
              (len(board.tables), "table", "tables"))  # fmt: skip
    return " · ".join(f"{count} {word if count == 1 else words}" for count, word, words in counts)


def _widest(board: Board) -> CostChart | None:
    """The chart of the real task with the most entries."""
    real = [table for table in board.tables if not table.synthetic]
    table = max(real, key=lambda table: len(table.rows), default=None)
    return None if table is None else cost_chart(table, "")


def shade(value: float, row: list[float]) -> int:
    """How dark a cell of the confusion matrix is, 0 to 10, by its share of the row."""
    total = sum(row)
    return round(10 * value / total) if total else 0


def _layer_bars(result: Result) -> list[tuple[int, float, float]]:
    """(layer, share, height in per cent) for every layer."""
    most = max(result.layer_weights, default=0) or 1
    return [
        (layer, share, round(100 * share / most, 1))
        for layer, share in enumerate(result.layer_weights)
    ]


def _charts(table: Table) -> list[Chart]:
    weights = layers.weights(table.stem, [row.result for row in table.rows[:40]])
    charts = [
        ranks.chart(table), *gaps.charts(table), weights,
        confusion.chart(table),
    ]  # fmt: skip
    return [chart for chart in charts if chart is not None]


def _by_model(board: Board) -> dict[str, list[tuple[Table, Row]]]:
    by_model: dict[str, list[tuple[Table, Row]]] = defaultdict(list)
    for table in board.tables:
        for row in table.rows:
            by_model[row.result.model.id].append((table, row))
    return dict(sorted(by_model.items()))


def _json_in_html(value: Any) -> Markup:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)
