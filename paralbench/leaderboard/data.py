"""The leaderboard as plain data: what the page shows, as JSON and CSV for everybody else."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from paralbench.leaderboard.board import Board, Row, Table
from paralbench.system.csv_cell import safe

_COLUMNS = (
    "task", "synthetic", "rank", "rank_low", "rank_high", "group", "p_best",
    "tied", "model", "head", "metric", "score", "low", "high", "chance",
    "standing", "reason", "scored", "declared", "audio_fraction", "parameters", "trained_parameters",
    "checks_failed", "heard", "heard_source", "entry",
)  # fmt: skip


def told(board: Board) -> list[dict[str, Any]]:
    """One flat record an entry, in the board's order."""
    return [_record(table, row) for table in board.tables for row in table.rows]


def as_csv(board: Board) -> str:
    """The same records as CSV, with a header; text that a spreadsheet would run is defused."""
    return _csv(told(board))


def rows_csv(table: Table) -> str:
    """One table's records as CSV."""
    return _csv([_record(table, row) for row in table.rows])


def _csv(records: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({key: safe(value) for key, value in record.items()})
    return text.getvalue()


def _record(table: Table, row: Row) -> dict[str, Any]:
    result, score, apart = row.result, row.score, row.separation
    return {
        "task": table.task,
        "synthetic": table.synthetic,
        "rank": row.rank,
        "rank_low": apart.low if apart else None,
        "rank_high": apart.high if apart else None,
        "group": apart.group if apart else None,
        "p_best": round(apart.best, 4) if apart else None,
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
