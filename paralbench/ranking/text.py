"""The leaderboard as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.ranking.board import Board, Table
from paralbench.ranking.overall import Measure, Overall

_HEADINGS = (
    "rank",
    "ranks",
    "best",
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
    if board.overall:
        parts.append(_across(board.overall))
    parts += [f"no rank interval: {name}: {reason}" for name, reason in board.unread]
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
        apart = row.separation
        ranks = "" if apart is None else f"{apart.low}-{apart.high}"
        best = "" if apart is None else f"{apart.best:.0%}"
        chance = "" if score.chance is None else f"{score.chance:.3f}"
        rows.append(
            (
                rank, ranks, best, result.model.id, result.head, f"{score.value:.3f}",
                f"[{score.interval.low:.3f}, {score.interval.high:.3f}]", chance,
                f"{result.data.scored}/{max(result.data.listed, result.data.declared or 0)}"
                if not result.data.synthetic else str(result.data.scored),
                row.exposure.state, result.standing,
            )
        )  # fmt: skip
    title = f"{table.task} ({table.metric.upper()}{', SYNTHETIC data' if table.synthetic else ''})"
    return f"{title}\n{columns(_HEADINGS, rows)}"


def _across(found: Sequence[Overall]) -> str:
    rows = [
        (
            one.model, one.head, _measured(one.borda), f"{one.best:.0%}",
            "" if one.normalised is None else _measured(one.normalised),
        )
        for one in found
    ]  # fmt: skip
    title = (
        f"across {found[0].tasks} tasks (share of others beaten; mean score from chance to perfect)"
    )
    return f"{title}\n{columns(('model', 'head', 'Borda', 'best', 'normalised'), rows)}"


def _measured(one: Measure) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
