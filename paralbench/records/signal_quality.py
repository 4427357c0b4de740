"""SignalQuality: what is measured of every clip when its features are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paralbench.records.quality_limits import QualityLimits

Fault = Literal["clipped", "dead-channel", "narrow-band", "partly-silent"]

SILENCE = -85.0
"""Level in dBFS below which nothing but the rounding of 16-bit samples is left."""

CANCELLATION = -10.0
"""Loss of power in dB by mixing, from which on the channels cancel each other.

Unrelated channels of equal level lose 3 dB, one dead channel of two loses 3 dB, and one that is
inverted all.
"""

_LIMITS = QualityLimits()


@dataclass(frozen=True, slots=True)
class SignalQuality:
    """Measurements of a clip as stored; see :class:`~paralbench.records.quality.Quality`.

    Args:
        channels: of the clip, 1 if it names one.
        dead: number of channels without sound, if another has sound.
        level: root mean square of the loudest channel without its DC offset, in dBFS; -inf for a
            constant.
        silent: share of the clip in which all samples are constant.
        clipped: share of clipped samples in the worst channel.
        bandwidth: highest frequency in Hz that carries sound, of the mean of the channels; 0 for none.
        mixing: power of the mean of the channels over their mean power, in dB; -inf where they cancel.
    """

    channels: int
    dead: int
    level: float
    silent: float
    clipped: float
    bandwidth: float
    mixing: float

    @property
    def unusable(self) -> str:
        """Why nothing is left to score; "" where something is."""
        if self.level < SILENCE:
            return "it is silent"
        if self.channels > 1 and self.mixing < CANCELLATION:
            return "its channels cancel each other (one is inverted); name the channel to use"
        return ""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is worth knowing of a clip that is scored: the limits at which screening warns."""
        clipped, silent, band = _LIMITS.clipped.warn, _LIMITS.silent.warn, _LIMITS.bandwidth.warn
        faults: list[Fault] = []
        if clipped is not None and self.clipped > clipped:
            faults.append("clipped")
        if self.dead:
            faults.append("dead-channel")
        if band is not None and self.bandwidth < band:
            faults.append("narrow-band")
        if silent is not None and self.silent > silent:
            faults.append("partly-silent")
        return tuple(faults)
