"""Admission: what the quality gate says of one recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paralbench.records.quality import Quality

Status = Literal["pass", "not scored"]
Cause = Literal[
    "", "unreadable", "not-finite", "silent", "dead-channel", "seconds", "longest", "rate",
    "bandwidth", "clipped", "level", "offset", "speech", "noise-ratio",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Admission:
    """A recording passes, perhaps with warnings, or is not scored, for one reason.

    Args:
        cause: the limit that was broken, for counting; "" where it passes.
        reason: the same in plain English, with what was measured and the limit; "" likewise.
        warnings: in plain English; empty where it is not scored.
        doubts: names of the limits behind those warnings that bear on the result.
        quality: what was measured; None where the file could not be read.
    """

    cause: Cause = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    quality: Quality | None = None
    doubts: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """What stands in the report's row."""
        return "not scored" if self.cause else "pass"
