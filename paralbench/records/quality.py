"""Quality: measurements of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoiseMethod = Literal["pauses", "percentiles"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Measurements of a recording; None if undefined (silence, no speech).

    Args:
        seconds: its length.
        rate: sampling rate as stored, in Hz.
        channels: their number (1 if the clip names one).
        dead_channels: silent channels, from 0, if another has sound.
        not_finite: samples that are NaN, infinite or beyond a million times full scale; they count as 0
            in the other measurements.
        peak: the largest sample, in dBFS (0 is full scale).
        level: root mean square of the recording without DC offset, in dBFS.
        speech_level: root mean square of the steps with speech.
        clipped: share of clipped samples in the worst channel.
        silent: share of the recording with constant samples: digital silence.
        offset: DC offset of the worst channel, as a share of full scale.
        bandwidth: highest frequency in Hz that carries sound.
        speech: seconds of speech.
        noise_ratio: speech over background noise, in dB (signal-to-noise ratio, an estimate).
        noise_method: method of ``noise_ratio``: pauses, or percentiles of level if pauses are too short.
        speaker_contrast: how clearly the speech falls into two voices; see
            :mod:`paralbench.audio.speakers`.
    """

    seconds: float
    rate: int
    channels: int
    dead_channels: tuple[int, ...]
    not_finite: int
    peak: float | None
    level: float | None
    speech_level: float | None
    clipped: float
    silent: float
    offset: float
    bandwidth: float | None
    speech: float
    noise_ratio: float | None
    noise_method: NoiseMethod | None
    speaker_contrast: float | None
