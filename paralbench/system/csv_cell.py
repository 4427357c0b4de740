"""Cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

from typing import Any


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula, defused."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
