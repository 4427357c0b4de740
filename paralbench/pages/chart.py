"""A chart of a page: drawn when the page is built, its numbers beside it as CSV."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from paralbench.system.csv_cell import csv_text

Cell = str | float | int | None

# Greys that can be read on white and on black; the stylesheet colours the text.
_CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",
    # Browsers set text wider than it was measured here.
    "padding": {"left": 40, "right": 60, "top": 8, "bottom": 8},
    "view": {"stroke": None},
    "axis": {"gridColor": "#8884", "domainColor": "#888", "tickColor": "#888", "labelLimit": 220},
    "legend": {"labelLimit": 220},
    "range": {
        # Okabe and Ito's palette, which colour-blind people can distinguish.
        "category": ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a8a"],
    },
}


@dataclass(frozen=True)
class Chart:
    """One chart.

    Args:
        name: of its CSV file, without the suffix.
        title: what it shows.
        about: how to read it, in a sentence or two.
        svg: the drawing, safe to put into a page.
        rows: the numbers, with the same keys in each.
    """

    name: str
    title: str
    about: str
    svg: Markup
    rows: Sequence[Mapping[str, Cell]]

    def csv(self) -> str:
        """The numbers, with a header."""
        return csv_text(self.rows, list(self.rows[0]))


def drawn(specification: Mapping[str, Any], label: str) -> Markup:
    """A Vega-Lite specification as SVG. Names in it become text, never markup.

    Args:
        specification: data, mark and encoding; theme and schema are added.
        label: what a screen reader reads out.
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
    """With ids that follow from the chart alone; Vega numbers them across all charts it draws."""
    text = json.dumps(specification, sort_keys=True, default=str)
    name = hashlib.sha256(text.encode()).hexdigest()[:8]
    for number, identifier in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))):
        svg = svg.replace(f'id="{identifier}"', f'id="c{name}-{number}"')
        svg = svg.replace(f"url(#{identifier})", f"url(#c{name}-{number})")
    return svg
