"""A table for a paper: booktabs, intervals, bold only what differs from all other entries."""

from __future__ import annotations

from paralbench.leaderboard.board import Row, Table

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def latex(table: Table) -> str:
    """A tabular of the ranked entries."""
    rows = [row for row in table.rows if row.rank is not None]
    lines = [
        f"% {table.task}, ranked by {table.metric}; needs \\usepackage{{booktabs}}",
        "% Brackets: 95 % intervals. Bold: the first, where no other entry is tied with it.",
        *(["% SYNTHETIC DATA: says nothing of people."] if table.synthetic else []),
        r"\begin{tabular}{rllrr}",
        r"\toprule",
        rf"Rank & Model & Head & {escaped(table.metric.upper())} & 95\,\% interval \\",
        r"\midrule",
    ]
    alone = len(rows) > 1 and not rows[1].tied
    for place, row in enumerate(rows):
        lines.append(_line(row, bold=place == 0 and alone))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def escaped(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def _line(row: Row, bold: bool) -> str:
    score = row.score
    value = f"{score.value:.3f}"
    return " & ".join(
        (
            f"{row.rank}{'=' if row.tied else ''}",
            escaped(row.result.model.id),
            escaped(row.result.head),
            rf"\textbf{{{value}}}" if bold else value,
            f"[{score.interval.low:.3f}, {score.interval.high:.3f}] " + r"\\",
        )
    )
