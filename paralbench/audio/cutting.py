"""The policy by which a long recording is cut into utterances; results record it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card


class Cutting(Card):
    """Utterances by voice activity.

    Attributes:
        how: "voice" cuts an example that is one clip longer than ``from_seconds``; "as-given" does not.
        threshold: speech begins when its probability reaches this, and ends when it has been 0.15
            below it for ``silence`` seconds.
        speech: shortest segment of speech; ``padding`` seconds are kept on both sides.
        longest: a longer segment is cut where speech is least likely.
    """

    how: Literal["voice", "as-given"] = "as-given"
    from_seconds: float = Field(default=30.0, gt=0)
    threshold: float = Field(default=0.5, gt=0.15, lt=1)
    speech: float = Field(default=0.25, gt=0)
    silence: float = Field(default=0.3, gt=0)
    padding: float = Field(default=0.1, ge=0)
    longest: float = Field(default=20.0, gt=1)
