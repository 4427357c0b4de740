"""The leaderboard as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.leaderboard.board import Board, Table
from paralbench.leaderboard.overall import Measure, Overall
from paralbench.system.text_table import columns

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
