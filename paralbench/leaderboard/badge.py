"""A small picture of one entry's rank, for a repository's front page."""

from __future__ import annotations

from markupsafe import Markup

from paralbench.leaderboard.board import Row, Table

_TEMPLATE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}">'
    "<title>{label}</title>"
    '<rect width="{width}" height="20" rx="3" fill="#1b1f24"/>'
    '<rect x="{split}" width="{rest}" height="20" rx="3" fill="{colour}"/>'
    '<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">'
    '<text x="6" y="14">{left}</text><text x="{start}" y="14">{right}</text></g></svg>\n'
)
_LETTER = 6.8


def badge(table: Table, row: Row) -> str:
    """An SVG: the task, the rank ("=": tied with the entry above) and the score."""
    left = f"ParaLBench {table.task}"
    rank = f"#{row.rank}{'=' if row.tied else ''}"
    right = f"{rank}{' synthetic' if table.synthetic else ''} {table.metric.upper()} {row.score.value:.3f}"
    split = round(12 + _LETTER * len(left))
    rest = round(12 + _LETTER * len(right))
    return str(
        _TEMPLATE.format(
            width=split + rest, split=split, rest=rest, start=split + 6, left=left, right=right,
            label=f"{left}: {right}", colour="#8a8a8a" if table.synthetic else "#0a5fb4",
        )
    )  # fmt: skip
