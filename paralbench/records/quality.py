"""Quality: what was measured of one recording, before anything else is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoiseMethod = Literal["pauses", "percentiles"]


@dataclass(frozen=True, slots=True)
class Quality:
    """One recording's measures. None where there is nothing to measure it on (silence, no speech).

    Args:
        seconds: how long it is.
        rate: its sampling rate as stored, in Hz.
        channels: how many it has (one, where the clip names one).
        dead_channels: those, from 0, that carry nothing while another one does.
        not_finite: samples that are NaN, infinite or beyond a million times full scale; all else is
            measured with 0 in their place.
        peak: the largest sample, in dBFS (0 is full scale).
        level: root mean square over the whole recording, in dBFS, the constant part left out.
        speech_level: the same over the moments of speech alone.
        clipped: share of samples cut off at the top or the bottom, in the worst channel.
        silent: share of the recording in which every sample is the same: digital silence.
        offset: constant part (DC) of the worst channel, as a share of full scale.
        bandwidth: highest frequency in Hz that carries sound, whatever the sampling rate promises.
        speech: seconds of speech.
        noise_ratio: speech over background noise, in dB (signal-to-noise ratio, an estimate).
        noise_method: how ``noise_ratio`` was made: from the pauses, or from percentiles of level
            where there is too little pause.
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
