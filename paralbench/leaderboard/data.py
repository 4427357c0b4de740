"""The leaderboard as plain data: the numbers of its pages as JSON and CSV."""

from __future__ import annotations

from typing import Any

from paralbench.leaderboard.board import Board, Row, Table
from paralbench.leaderboard.robust import robust
from paralbench.system.csv_cell import csv_text

_COLUMNS = (
    "task", "synthetic", "rank", "rank_low", "rank_high", "group", "p_best",
    "tied", "model", "head", "metric", "score", "low", "high", "chance",
    "standing", "reason", "scored", "declared", "audio_fraction", "parameters", "trained_parameters",
    "best_null", "above_null", "above_null_low", "above_null_high", "above_null_p", "above_null_shown",
    "conditions", "mean_loss", "worst_loss", "worst_condition",
    "checks_failed", "seen_in_training", "seen_source", "entry",
)  # fmt: skip


def records(board: Board) -> list[dict[str, Any]]:
    """One flat record an entry, in the board's order."""
    return [_record(table, row) for table in board.tables for row in table.rows]


def board_csv(board: Board) -> str:
    """All records as CSV with a header."""
    return csv_text(records(board), _COLUMNS)


def table_csv(table: Table) -> str:
    """One table's records as CSV."""
    return csv_text([_record(table, row) for row in table.rows], _COLUMNS)


def _record(table: Table, row: Row) -> dict[str, Any]:
    result, score, separation = row.result, row.score, row.separation
    return {
        "task": table.task,
        "synthetic": table.synthetic,
        "rank": row.rank,
        "rank_low": separation.low if separation else None,
        "rank_high": separation.high if separation else None,
        "group": separation.group if separation else None,
        "p_best": round(separation.best, 4) if separation else None,
        "tied": row.tied,
        "model": result.model.id,
        "head": result.head,
        "metric": table.metric,
        "score": round(score.value, 6),
        "low": round(score.interval.low, 6),
        "high": round(score.interval.high, 6),
        "chance": score.chance,
        "standing": result.standing,
        "reason": result.standing_reason,
        "scored": result.data.scored,
        "declared": None if table.synthetic else result.data.declared or result.data.listed,
        "audio_fraction": result.audio.fraction,
        "parameters": result.model.parameters,
        "trained_parameters": result.training.trained_parameters,
        **_above(row),
        **_robust(row),
        "checks_failed": None if row.verdict is None else len(row.verdict.failed),
        "seen_in_training": row.exposure.state,
        "seen_source": row.exposure.source,
        "entry": result.entry,
    }


def _above(row: Row) -> dict[str, Any]:
    above = row.above
    return {
        "best_null": above.null if above else None,
        "above_null": round(above.difference, 6) if above else None,
        "above_null_low": round(above.low, 6) if above else None,
        "above_null_high": round(above.high, 6) if above else None,
        "above_null_p": round(above.p, 6) if above else None,
        "above_null_shown": above.shown if above else None,
    }


def _robust(row: Row) -> dict[str, Any]:
    lost = robust(row.result)
    return {
        "conditions": lost.conditions if lost else None,
        "mean_loss": round(lost.mean, 6) if lost else None,
        "worst_loss": round(lost.worst, 6) if lost else None,
        "worst_condition": lost.where if lost else None,
    }
