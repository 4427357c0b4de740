"""The limits of the quality gate, set by the bundle; docs/screening.md explains the defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from paralbench.records.card import Card


class AtLeast(Card):
    """Below ``refuse`` a recording is not scored, below ``warn`` it is, with a warning.

    None: no such limit.
    """

    refuse: float | None = None
    warn: float | None = None

    @model_validator(mode="after")
    def _warned_first(self) -> AtLeast:
        if self.refuse is not None and self.warn is not None and self.warn < self.refuse:
            raise ValueError("'warn' must not be below 'refuse', or it would never apply")
        return self


class AtMost(Card):
    """Above ``refuse`` a recording is not scored, above ``warn`` it is, with a warning.

    None: no such limit.
    """

    refuse: float | None = None
    warn: float | None = None

    @model_validator(mode="after")
    def _warned_first(self) -> AtMost:
        if self.refuse is not None and self.warn is not None and self.warn > self.refuse:
            raise ValueError("'warn' must not be above 'refuse', or it would never apply")
        return self


class QualityLimits(Card):
    """Requirements on a recording to be scored; measurements are those of ``records.quality``.

    Attributes:
        seconds, longest: length of the recording, in seconds.
        speech: seconds of speech; a screener of snores or coughs sets none.
        rate, bandwidth: in Hz.
        level: of speech, or of the recording without speech, in dBFS.
        noise_ratio: speech over background, in dB; ignored without speech.
        clipped, silent: shares of the recording; offset: share of full scale.
        dead_channel: what to do with a silent channel.
        speaker_contrast: above ``warn`` a second voice is suspected; it cannot refuse.
    """

    seconds: AtLeast = AtLeast(refuse=1.0)
    longest: AtMost = AtMost(refuse=4 * 3600.0)
    speech: AtLeast = AtLeast(refuse=1.0, warn=3.0)
    rate: AtLeast = AtLeast(refuse=16000)
    bandwidth: AtLeast = AtLeast(refuse=4500, warn=6000)
    level: AtLeast = AtLeast(refuse=-55, warn=-45)
    noise_ratio: AtLeast = AtLeast(refuse=3, warn=10)
    clipped: AtMost = AtMost(refuse=0.01, warn=0.001)
    silent: AtMost = AtMost(refuse=0.5, warn=0.2)
    offset: AtMost = AtMost(refuse=0.1, warn=0.02)
    dead_channel: Literal["refuse", "warn", "ignore"] = "refuse"
    speaker_contrast: AtMost = Field(default=AtMost(warn=5.0))

    @model_validator(mode="after")
    def _suspicion_only_warns(self) -> QualityLimits:
        if self.speaker_contrast.refuse is not None:
            raise ValueError("'speaker_contrast' is a suspicion and can only 'warn'")
        return self
