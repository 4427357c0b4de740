"""The leaderboard as plain data: what the page shows, as JSON and CSV for everybody else."""

from __future__ import annotations

import csv
import io
from typing import Any

from paralbench.ranking.board import Board, Row, Table

_COLUMNS = (
    "task", "synthetic", "rank", "tied", "model", "head", "metric", "score", "low", "high", "chance",
    "standing", "reason", "scored", "declared", "audio_fraction", "parameters", "trained_parameters",
    "checks_failed", "heard", "heard_source", "entry",
)  # fmt: skip


def told(board: Board) -> list[dict[str, Any]]:
    """One flat record an entry, in the board's order."""
    return [_record(table, row) for table in board.tables for row in table.rows]


def as_csv(board: Board) -> str:
    """The same records as CSV, with a header; text that a spreadsheet would run is defused."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in told(board):
        writer.writerow({key: _safe(value) for key, value in record.items()})
    return text.getvalue()


def _record(table: Table, row: Row) -> dict[str, Any]:
    result, score = row.result, row.score
    return {
        "task": table.task,
        "synthetic": table.synthetic,
        "rank": row.rank,
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
        "checks_failed": None if row.verdict is None else len(row.verdict.failed),
        "heard": row.exposure.state,
        "heard_source": row.exposure.source,
        "entry": result.entry,
    }


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
