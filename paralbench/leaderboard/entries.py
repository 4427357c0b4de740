"""One flat record an entry, for the page that sorts and filters all entries."""

from __future__ import annotations

from typing import Any

from paralbench.leaderboard.board import Board, Row, Table
from paralbench.leaderboard.costs import costs
from paralbench.leaderboard.robust import robust
from paralbench.leaderboard.text import above_nulls
from paralbench.records.result import Result


def address(result: Result) -> str:
    """The path of an entry's page below the site."""
    name = f"{result.head}{'.synthetic' if result.data.synthetic else ''}"
    return f"entries/{result.model.id}/{result.task}/{name}.html"


def records(board: Board) -> list[dict[str, Any]]:
    """Every entry of the board, in its order; scores are not rounded, so that all pages round alike."""
    return [_record(table, row) for table in board.tables for row in table.rows]


def _record(table: Table, row: Row) -> dict[str, Any]:
    result, score, cost = row.result, row.score, costs(row.result)
    cards, lost = result.cards, robust(result)
    paid = cost.efficiency
    return {
        "task": table.task,
        "model": result.model.id,
        "head": result.head,
        "metric": table.metric.upper(),
        "rank": row.rank,
        "ranks": [row.separation.low, row.separation.high] if row.separation else None,
        "score": score.value,
        "low": score.interval.low,
        "high": score.interval.high,
        "less": not table.higher_is_better,
        "standing": result.standing,
        "term": cards.task.term if cards else "unknown",
        "language": sorted(cards.corpus.languages) if cards else [],
        "licence": result.model.licence,
        "contamination": row.exposure.state,
        "hardware": cost.hardware,
        "parameters": cost.parameters,
        "macs": _rounded(cost.macs),
        "rtf": _rounded(cost.real_time_factor),
        "memory": cost.memory,
        "size": cost.size,
        "ratios": [_rounded(ratio) for ratio in paid.ratios.values()] if paid else None,
        "spread": _rounded(paid.spread) if paid else None,
        "missing": list(paid.missing) if paid else ["cost profile"],
        "energy": paid.energy if paid else "",
        "above": above_nulls(row) or None,
        "robust": None if lost is None else -lost.mean,
        "checked": row.verdict is not None and not row.verdict.failed,
        "url": address(result),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
