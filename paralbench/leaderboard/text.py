"""The leaderboard as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.leaderboard.board import Board, Table
from paralbench.leaderboard.overall import Measure, Overall
from paralbench.system.text_table import columns, terminal_width

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
    "seen in training",
    "status",
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
        separation = row.separation
        ranks = "" if separation is None else f"{separation.low}-{separation.high}"
        best = "" if separation is None else f"{separation.best:.0%}"
        chance = "" if score.chance is None else f"{score.chance:.3f}"
        rows.append(
            (
                rank, ranks, best, result.model.id, result.head, f"{score.value:.3f}",
                f"[{score.interval.low:.3f}, {score.interval.high:.3f}]", chance,
                f"{result.data.scored}/{max(result.data.listed, result.data.declared or 0)}"
                if not result.data.synthetic else str(result.data.scored),
                "no" if row.exposure.clean else row.exposure.state, result.standing,
            )
        )  # fmt: skip
    title = f"{table.task} ({table.metric.upper()}{', SYNTHETIC data' if table.synthetic else ''})"
    return f"{title}\n{columns(_HEADINGS, rows, terminal_width())}"


def _across(entries: Sequence[Overall]) -> str:
    rows = [
        (
            entry.model, entry.head, _measured(entry.borda), f"{entry.best:.0%}",
            "" if entry.normalised is None else _measured(entry.normalised),
        )
        for entry in entries
    ]  # fmt: skip
    title = f"across {entries[0].tasks} tasks (share of others beaten; mean score from chance to perfect)"
    return f"{title}\n{columns(('model', 'head', 'Borda', 'best', 'normalised'), rows, terminal_width())}"


def _measured(measure: Measure) -> str:
    return f"{measure.value:.3f} [{measure.low:.3f}, {measure.high:.3f}]"
