"""A chart as the pages show it: drawn once, when the site is built, its numbers beside it as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from paralbench.system.csv_cell import safe

Cell = str | float | int | None

# Greys that are read on white and on black; the stylesheet gives text the page's own colour.
_CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",
    # Browsers set text wider than it was measured here.
    "padding": {"left": 40, "right": 60, "top": 8, "bottom": 8},
    "view": {"stroke": None},
    "axis": {"gridColor": "#8884", "domainColor": "#888", "tickColor": "#888", "labelLimit": 220},
    "legend": {"labelLimit": 220},
    "range": {
        # Okabe and Ito's palette, told apart by people who see fewer colours.
        "category": ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a8a"],
    },
}


@dataclass(frozen=True)
class Chart:
    """One chart.

    Args:
        name: of its CSV file, without the ending.
        title: what is asked of the numbers.
        about: how to read it, in a sentence or two.
        svg: drawn, safe to put into a page.
        rows: the numbers, the same keys in each.
    """

    name: str
    title: str
    about: str
    svg: Markup
    rows: Sequence[Mapping[str, Cell]]

    def csv(self) -> str:
        """The numbers, with a header; text that a spreadsheet would run is defused."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            writer.writerow({key: safe(value) for key, value in row.items()})
        return text.getvalue()


def drawn(specification: Mapping[str, Any], label: str) -> Markup:
    """A Vega-Lite specification as SVG. Names in it become text, never markup.

    Args:
        specification: data, mark and encoding; theme and schema are added.
        label: what a screen reader says of it.
    """
    import vl_convert

    svg = vl_convert.vegalite_to_svg(
        {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **specification,
         "config": _CONFIG}
    )  # fmt: skip
    inside = _named(svg[svg.index("<svg") :], specification)
    size = re.search(r'width="([\d.]+)" height="([\d.]+)"', inside)
    assert size is not None
    opening = Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}" '
        'preserveAspectRatio="xMinYMin meet"'
    ).format(label, size[1], size[2], size[1], size[2])
    rest = re.sub(r"^<svg[^>]*>", "", inside)
    return opening + Markup(">") + Markup(rest)


def _named(svg: str, specification: Mapping[str, Any]) -> str:
    """With ids that follow from the chart alone: Vega counts on from one chart to the next, and a page
    holds several."""
    told = json.dumps(specification, sort_keys=True, default=str)
    name = hashlib.sha256(told.encode()).hexdigest()[:8]
    for number, found in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))):
        svg = svg.replace(f'id="{found}"', f'id="c{name}-{number}"')
        svg = svg.replace(f"url(#{found})", f"url(#c{name}-{number})")
    return svg
