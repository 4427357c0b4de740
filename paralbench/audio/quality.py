"""Measures one recording in a single pass over its blocks: an hour costs no more memory than a minute.

Levels, clipping and bandwidth are measured on the samples as stored; speech, noise and voices on
the mean of the channels at 16 kHz, in steps of 32 ms, of which some sixty bytes each are kept (7 MB
an hour).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from paralbench.audio import decoding, speakers, voice_activity
from paralbench.audio.bandwidth import LongTermSpectrum
from paralbench.audio.cutting import Cutting
from paralbench.audio.levels import Levels, decibels
from paralbench.audio.noise import SPEECH, noise_ratio
from paralbench.audio.pieces import Waveform, cut
from paralbench.audio.speakers import Timbre
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.records.quality import Quality

_BLOCK_SECONDS = 10
_STEP = speakers.STEP
_RATES = (1000, 768_000)
_CHANNELS = 64
_LARGEST = 1e6  # of full scale: what a damaged float may be, and no recorder writes
_POLICY = Cutting(how="voice")


def measure(clip: Clip, detector: VoiceActivity) -> Quality:
    """The quality of a clip, every sample of it looked at.

    Raises:
        Refused: for what cannot be decoded; NaN is not refused here but counted.
        ParalbenchError: where the detector is not installed.
    """
    with decoding.as_stored(clip) as (found, stored):
        _plausible(found)
        given = _AsGiven(found, clip)
        voice = _Voice(detector)
        heard = decoding.resampled(given.heard(stored), found.rate, voice_activity.RATE)
        for piece in cut(heard, _BLOCK_SECONDS * voice_activity.RATE // _STEP * _STEP):
            voice.hear(piece.samples)
    return _quality(given, voice)


def _plausible(found: decoding.Header) -> None:
    if not _RATES[0] <= found.rate <= _RATES[1]:
        raise Refused(f"its header is damaged: it declares a sampling rate of {found.rate} Hz")
    if found.channels > _CHANNELS:
        raise Refused(
            f"it has {found.channels} channels, at most {_CHANNELS} are expected of a recording"
        )


class _AsGiven:
    """What is measured on the stored samples on their way to the mean of the channels."""

    def __init__(self, found: decoding.Header, clip: Clip) -> None:
        self.rate = found.rate
        self.channels = found.channels if clip.channel is None else 1
        self.samples = self.not_finite = 0
        self.levels = Levels(self.channels, found.rate)
        self.spectrum = LongTermSpectrum(found.rate)

    def heard(self, stored: Iterator[Waveform]) -> Iterator[Waveform]:
        for piece in cut(stored, _BLOCK_SECONDS * self.rate):
            block = piece.samples
            usable = np.abs(block) <= _LARGEST  # neither is NaN
            if not usable.all():
                self.not_finite += int(usable.size - usable.sum())
                block = np.where(usable, block, np.float32(0))
            self.samples += len(block)
            self.levels.hear(block)
            mono = block.mean(axis=1, dtype=np.float32)
            self.spectrum.hear(mono)
            yield mono


@dataclass
class _Voice:
    """What is measured on mono samples at 16 kHz; steps that are not whole are left out."""

    detector: VoiceActivity
    timbre: Timbre = field(default_factory=Timbre)
    likely: list[NDArray[np.float32]] = field(default_factory=list)
    power: list[NDArray[np.float32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = self.detector.listener()

    def hear(self, samples: Waveform) -> None:
        whole = samples[: len(samples) // _STEP * _STEP]
        self.likely.append(self._listener.hear(whole))
        self.power.append(np.square(whole).reshape(-1, _STEP).mean(axis=1))
        self.timbre.hear(whole)


def _quality(given: _AsGiven, voice: _Voice) -> Quality:
    empty = [np.zeros(0, np.float32)]
    likely, power = np.concatenate(empty + voice.likely), np.concatenate(empty + voice.power)
    ratio, method = noise_ratio(power, likely)
    spoken = power[likely >= SPEECH]
    stretches = voice_activity.stretches(likely, _POLICY)
    return Quality(
        seconds=given.samples / given.rate,
        rate=given.rate,
        channels=given.channels,
        dead_channels=given.levels.dead,
        not_finite=given.not_finite,
        peak=given.levels.peak,
        level=given.levels.level,
        speech_level=decibels(float(spoken.mean())) if len(spoken) else None,
        clipped=given.levels.clipped,
        silent=given.levels.silent,
        offset=given.levels.offset,
        bandwidth=given.spectrum.bandwidth(),
        speech=sum(end - start for start, end in stretches),
        noise_ratio=ratio,
        noise_method=method,
        speaker_contrast=speakers.contrast(voice.timbre.features(), likely),
    )
