"""Screeners: bundles, the quality gate before any score, scoring and its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paralbench.screener.screener import Screener

__all__ = ["Screener"]


def __getattr__(name: str) -> Any:
    """``Screener`` when it is asked for: it needs torch, and whoever reads a bundle does not."""
    if name == "Screener":
        from paralbench.screener.screener import Screener

        return Screener
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
