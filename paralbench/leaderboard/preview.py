"""The picture that a link to the board shows: 1200 by 630 pixels, the size that social sites ask for."""

from __future__ import annotations

from markupsafe import Markup

from paralbench.leaderboard.citation import Citation
from paralbench.leaderboard.overview import Overview

WIDTH, HEIGHT = 1200, 630
_MODELS = 6
_LETTERS = 28
_LEFT, _BAR, _TOP, _STEP = 480, 520, 270, 46
_PAGE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">'
    '<rect width="{width}" height="{height}" fill="#0d1117"/>'
    '<text x="60" y="100" font-size="60" font-weight="700" fill="#ffffff">ParaLBench</text>'
    '<text x="60" y="155" font-size="28" fill="#e6edf3">Which model, with which light head, best recognises '
    "how something is said</text>"
    '<text x="60" y="205" font-size="24" fill="#9aa5b1">{facts}</text>{lines}</svg>'
)
_LINE = Markup(
    '<text x="{name}" y="{y}" font-size="26" text-anchor="end" fill="#e6edf3">{model}</text>'
    '<rect x="{left}" y="{top}" width="{bar}" height="28" rx="4" fill="#2f5f92"/>'
    '<rect x="{left}" y="{top}" width="{length}" height="28" rx="4" fill="#6cb6ff"/>'
    '<text x="{number}" y="{y}" font-size="24" fill="#e6edf3">{share} %</text>'
)
_AXIS = Markup(
    '<text x="{x}" y="{y}" font-size="20" fill="#9aa5b1">'
    "score on real data, 0 % at chance, 100 % at the best entry, mean over tasks</text>"
)


def preview(overview: Overview, facts: str, citation: Citation) -> bytes:
    """The picture as PNG: what the board holds, and its best models."""
    import vl_convert

    lines = [line for line in overview.lines if not line.null][:_MODELS]
    drawn = Markup("")
    for place, line in enumerate(lines):
        shares = [cell.share for cell in line.cells if cell]
        share = sum(shares) / len(overview.tables)
        y = _TOP + _STEP * place
        model = line.model if len(line.model) <= _LETTERS else f"{line.model[: _LETTERS - 1]}…"
        drawn += _LINE.format(
            name=_LEFT - 20, y=y + 23, model=model, left=_LEFT, top=y, bar=_BAR,
            length=round(_BAR * share, 1), number=_LEFT + _BAR + 20, share=f"{100 * share:.1f}",
        )  # fmt: skip
    if lines:
        drawn += _AXIS.format(x=_LEFT, y=_TOP + _STEP * len(lines) + 25)
    dated = " · ".join(filter(None, [facts, f"version {citation.version}", citation.date]))
    svg = _PAGE.format(width=WIDTH, height=HEIGHT, facts=dated, lines=drawn)
    png: bytes = vl_convert.svg_to_png(str(svg))
    return png
