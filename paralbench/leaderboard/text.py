"""The leaderboard as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from paralbench.leaderboard.board import Board, Row, Table
from paralbench.leaderboard.overall import Measure, Overall
from paralbench.leaderboard.unseen_words import PairTable, pair_tables
from paralbench.records.result import Result
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
    "above nulls",
    "scored",
    "seen in training",
    "status",
)


def render(board: Board) -> str:
    """All tables, one below the other."""
    parts = [_render(table) for table in board.tables]
    parts += [_pairs(table) for table in pair_tables(board.tables)]
    if board.overall:
        parts.append(_across(board.overall, f"across {board.overall[0].tasks} tasks"))
    parts += [
        _across(group.entries, f"{group.kind} {group.name}, {len(group.present)} of {len(group.tasks)} tasks")
        for group in board.groups
        if group.entries
    ]  # fmt: skip
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
                above_nulls(row),
                f"{result.data.scored}/{max(result.data.listed, result.data.declared or 0)}"
                if not result.data.synthetic else str(result.data.scored),
                "no" if row.exposure.clean else row.exposure.state, result.standing,
            )
        )  # fmt: skip
    title = f"{table.task} ({table.metric.upper()}{', SYNTHETIC data' if table.synthetic else ''})"
    raters = _raters(table.rows[0].result)
    return "\n".join([title, columns(_HEADINGS, rows, terminal_width()), *raters])


def _raters(result: Result) -> list[str]:
    """What a held-out rater reaches, and the floor of the cross-entropy, where votes are predicted."""
    if result.annotators is None:
        return []
    named = [("held-out rater", held_out) for held_out in result.annotators.held_out]
    named.append(("raters' entropy, the floor:", result.annotators.floor))
    return [
        f"{name} {score.metric.upper()} {score.value:.3f} "
        f"[{score.interval.low:.3f}, {score.interval.high:.3f}]"
        for name, score in named
    ]


def above_nulls(row: Row) -> str:
    """Whether an entry beats the best null: "yes", "not shown", or "" where there is none."""
    if row.above is None:
        return ""
    return "yes" if row.above.shown else "not shown"


def _pairs(table: PairTable) -> str:
    rows = [
        (
            pair.seen.result.model.id, pair.seen.result.head, f"{pair.seen.score.value:.3f}",
            f"{pair.unseen.score.value:.3f}", f"{pair.lost:+.3f}",
            "" if pair.interval is None else f"[{pair.interval[0]:+.3f}, {pair.interval[1]:+.3f}]",
        )
        for pair in table.pairs
    ]  # fmt: skip
    headings = ("model", "head", "words seen", "words unseen", "lost", "95 % interval")
    return f"{table.seen.task}: what the words gave away\n{columns(headings, rows)}"


def _across(entries: Sequence[Overall], name: str) -> str:
    rows = [
        (
            entry.model, entry.head, _measured(entry.borda), f"{entry.best:.0%}",
            "" if entry.normalised is None else _measured(entry.normalised),
        )
        for entry in entries
    ]  # fmt: skip
    title = f"{name} (share of others beaten; mean score from chance to perfect)"
    return f"{title}\n{columns(('model', 'head', 'Borda', 'best', 'normalised'), rows, terminal_width())}"


def _measured(measure: Measure) -> str:
    return f"{measure.value:.3f} [{measure.low:.3f}, {measure.high:.3f}]"
