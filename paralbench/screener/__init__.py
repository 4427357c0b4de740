"""The screener: a bundle of encoder, heads and calibration, and what assesses recordings with it.

Example:
    >>> from paralbench.screener import Screener  # doctest: +SKIP
    >>> for recording, assessment in Screener.open("screener.plb").score(["folder"]):
    ...     print(recording.id, assessment.status)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paralbench.screener.screener import Screener

__all__ = ["Screener"]


def __getattr__(name: str) -> Any:
    """Import ``Screener`` on first use: it needs torch, which reading a bundle does not."""
    if name == "Screener":
        from paralbench.screener.screener import Screener

        return Screener
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
