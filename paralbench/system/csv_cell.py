"""CSV text whose cells no spreadsheet runs as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = tuple("=+-@;\t\r＝＋－＠")
"""A spreadsheet runs a cell with this start as a formula, or splits it (OWASP, CSV injection)."""


def safe(value: Any) -> Any:
    """A cell with a quote before text that a spreadsheet would run as a formula.

    >>> safe("=1+1"), safe(";=1+1"), safe("＝1+1"), safe(-1), safe("a=1")
    ("'=1+1", "';=1+1", "'＝1+1", -1, 'a=1')
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def csv_text(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Records as CSV with a header.

    >>> csv_text([{"name": "=1+1", "score": 0.5}], ["name", "score"])
    "name,score\\n'=1+1,0.5\\n"
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({key: safe(value) for key, value in record.items()})
    return text.getvalue()
