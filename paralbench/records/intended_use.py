"""intended-use.toml: what only people know of a screener; whatever is left out is said to be unknown."""

from __future__ import annotations

from pydantic import Field

from paralbench.records.card import Card, Sentence
from paralbench.records.quality_limits import QualityLimits

UNKNOWN = "Not stated by whoever made this screener."


class IntendedUse(Card):
    """All keys may be left out.

    Attributes:
        title: what the screener is called.
        intended, users, recording: what it is for, who is to use it, and how to record for it.
        not_for, limits: what it must not be used for, and its known limits, beside those told anyway.
        assessed: how the outcome was assessed, by whom, with which instrument.
        unit: of a number.
        setting, eligibility: where participants come from, and who could take part.
        licence, contact: of the screener itself.
        quality: limits of the quality gate, where the defaults do not fit.
    """

    title: Sentence | None = None
    intended: Sentence = UNKNOWN
    users: Sentence = UNKNOWN
    recording: Sentence = UNKNOWN
    not_for: list[Sentence] = Field(default_factory=list)
    limits: list[Sentence] = Field(default_factory=list)
    assessed: Sentence = UNKNOWN
    unit: str = ""
    setting: Sentence = UNKNOWN
    eligibility: Sentence = UNKNOWN
    licence: Sentence = UNKNOWN
    contact: str = ""
    quality: QualityLimits | None = None
