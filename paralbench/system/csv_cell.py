"""CSV text that people open in a spreadsheet: no cell runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula, defused."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
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
