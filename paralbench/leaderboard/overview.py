"""The front page's matrix: one row a model, one column a task on real data, the best head in each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from paralbench.leaderboard.board import Row, Table
from paralbench.leaderboard.costs import costs

_STEPS = 10


@dataclass(frozen=True)
class Cell:
    """The best ranked entry of a model on a task.

    ``share`` goes from 0 at chance (or the worst entry of the table) to 1 at the best of the table.
    """

    table: Table
    row: Row
    share: float

    @property
    def shade(self) -> int:
        """How dark the cell is, 0 to 10."""
        return round(_STEPS * self.share)


@dataclass(frozen=True)
class Line:
    """A model and its cells, None where it has no ranked entry; ``null`` models are shown last.

    ``seconds`` of computing an hour of audio takes: the median of its shown entries that were
    profiled on the hardware of the matrix, None where none was.
    """

    model: str
    null: bool
    cells: tuple[Cell | None, ...]
    seconds: float | None = None


@dataclass(frozen=True)
class Overview:
    """The matrix: tables of real data in order, and a line a model, the best mean share first.

    ``hardware`` is the class on which most of the shown entries were profiled, "" without any.
    """

    tables: tuple[Table, ...]
    lines: tuple[Line, ...]
    hardware: str = ""


def overview(tables: Sequence[Table]) -> Overview:
    """The matrix of the tables on real data."""
    real = tuple(table for table in tables if not table.synthetic)
    models: dict[str, bool] = {}
    for table in real:
        for row in table.rows:
            if row.rank is not None or row.result.standing == "null":
                models.setdefault(row.result.model.id, row.result.standing == "null")
    lines = [
        Line(model, null, tuple(_cell(table, model) for table in real))
        for model, null in models.items()
    ]

    def order(line: Line) -> tuple[bool, float, str]:
        shares = [cell.share for cell in line.cells if cell]
        return line.null, -sum(shares) / max(1, len(real)), line.model

    shown = [_profiled(line) for line in lines]
    classes = Counter(hardware for profiled in shown for hardware, _ in profiled)
    hardware = min(classes, key=lambda name: (-classes[name], name), default="")
    timed = [
        replace(line, seconds=median(seconds) if seconds else None)
        for line, profiled in zip(lines, shown, strict=True)
        for seconds in [[seconds for name, seconds in profiled if name == hardware]]
    ]
    return Overview(real, tuple(sorted(timed, key=order)), hardware)


def _profiled(line: Line) -> list[tuple[str, float]]:
    """The hardware class of each shown entry that was profiled, and its seconds an hour of audio."""
    entry_costs = [costs(cell.row.result) for cell in line.cells if cell and not line.null]
    return [(cost.hardware, cost.paid.seconds) for cost in entry_costs if cost.paid]


def sentence(table: Table) -> str:
    """Who ties for first, and which of them is cheapest: one sentence; "" without a ranked entry."""
    ranked = [row for row in table.rows if row.rank is not None]
    if not ranked:
        return ""
    first = [row for row in ranked if row.separation and row.separation.group == 1] or ranked[:1]
    best = first[0]
    text = f"{_name(best)} is best" if len(first) == 1 else f"{len(first)} entries tie for first"
    known = [(cost, row) for row in first if (cost := costs(row.result).real_time_factor)]
    if len(known) == len(first) > 1:
        cheapest, row = min(known, key=lambda item: item[0])
        dearest = max(known, key=lambda item: item[0])[0]
        text += f"; {_name(row)} is the cheapest"
        if dearest >= 2 * cheapest:
            text += f", {dearest / cheapest:.0f} times faster than the slowest of them"
    tested = [row for row in ranked if row.above]
    if tested:
        shown = sum(row.above.shown for row in tested if row.above)
        null = tested[0].above.null if tested[0].above else ""
        text += f". {shown} of {len(tested)} entries are above the best null, {null}"
    return f"{text}."


def _name(row: Row) -> str:
    return f"{row.result.model.id} + {row.result.head}"


def _cell(table: Table, model: str) -> Cell | None:
    rows = [
        row
        for row in table.rows
        if row.result.model.id == model and (row.rank is not None or row.result.standing == "null")
    ]
    if not rows:
        return None
    sign = 1 if table.higher_is_better else -1
    row = max(rows, key=lambda row: sign * row.score.value)
    ranked = [sign * other.score.value for other in table.rows if other.rank is not None]
    top = max(ranked, default=sign * row.score.value)
    chance = row.score.chance
    bottom = sign * chance if chance is not None else min(ranked, default=top)
    share = (sign * row.score.value - bottom) / (top - bottom) if top > bottom else 1.0
    return Cell(table, row, min(1.0, max(0.0, share)))
