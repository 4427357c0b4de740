"""The leaderboard as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.ranking.board import Board, Table

_HEADINGS = (
    "rank",
    "model",
    "head",
    "score",
    "95 % interval",
    "chance",
    "scored",
    "heard",
    "standing",
)


def render(board: Board) -> str:
    """All tables, one below the other."""
    parts = [_render(table) for table in board.tables]
    parts += [f"not a result: {name}: {reason}" for name, reason in board.refused]
    return "\n\n".join(parts) if parts else "There are no results yet."


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under headings, columns aligned."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _render(table: Table) -> str:
    rows = []
    for row in table.rows:
        result, score = row.result, row.score
        rank = "-" if row.rank is None else f"{row.rank}{'=' if row.tied else ''}"
        chance = "" if score.chance is None else f"{score.chance:.3f}"
        rows.append(
            (
                rank, result.model.id, result.head, f"{score.value:.3f}",
                f"[{score.interval.low:.3f}, {score.interval.high:.3f}]", chance,
                f"{result.data.scored}/{max(result.data.listed, result.data.declared or 0)}"
                if not result.data.synthetic else str(result.data.scored),
                row.exposure.state, result.standing,
            )
        )  # fmt: skip
    title = f"{table.task} ({table.metric.upper()}{', SYNTHETIC data' if table.synthetic else ''})"
    return f"{title}\n{columns(_HEADINGS, rows)}"
