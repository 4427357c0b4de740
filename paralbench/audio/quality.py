"""Audio quality of one recording, measured in a single pass over its blocks.

Levels, clipping and bandwidth are measured on the stored samples; speech, noise and voices on the
mean of the channels at 16 kHz, in steps of 32 ms. Memory: about 60 bytes a step, 7 MB an hour.
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
from paralbench.records.example import Clip
from paralbench.records.quality import Quality

_BLOCK_SECONDS = 10
_STEP = speakers.STEP
_LARGEST = 1e6  # of full scale; larger floats are damage
_POLICY = Cutting(how="voice")


def measure(clip: Clip, detector: VoiceActivity) -> Quality:
    """Measure the quality of a complete clip.

    Raises:
        Refused: for a clip that cannot be decoded; NaN is counted instead.
        ParalbenchError: if the detector is not installed.
    """
    with decoding.as_stored(clip) as (header, blocks):
        rate, channels = header.rate, header.channels
        stored = _Stored(rate, channels if clip.channel is None else 1)
        voice = _Voice(detector)
        mono = decoding.resampled(stored.mono(blocks), rate, voice_activity.RATE)
        for piece in cut(mono, _BLOCK_SECONDS * voice_activity.RATE // _STEP * _STEP):
            voice.add(piece.samples)
    return _quality(stored, voice)


class _Stored:
    """Measurements on the stored samples."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels = rate, channels
        self.samples = self.not_finite = 0
        self.levels = Levels(channels, rate)
        self.spectrum = LongTermSpectrum(rate)

    def mono(self, blocks: Iterator[Waveform]) -> Iterator[Waveform]:
        """Measure blocks [samples, channels] and yield the means of their channels."""
        for piece in cut(blocks, _BLOCK_SECONDS * self.rate):
            block = piece.samples
            usable = np.abs(block) <= _LARGEST  # False for NaN
            if not usable.all():
                self.not_finite += int(usable.size - usable.sum())
                block = np.where(usable, block, np.float32(0))
            self.samples += len(block)
            self.levels.add(block)
            mono = block.mean(axis=1, dtype=np.float32)
            self.spectrum.add(mono)
            yield mono


@dataclass
class _Voice:
    """Measurements on mono samples at 16 kHz; an incomplete last step is left out."""

    detector: VoiceActivity
    timbre: Timbre = field(default_factory=Timbre)
    likely: list[NDArray[np.float32]] = field(default_factory=list)
    power: list[NDArray[np.float32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stream = self.detector.stream()

    def add(self, samples: Waveform) -> None:
        steps = samples[: len(samples) // _STEP * _STEP]
        self.likely.append(self._stream.add(steps))
        self.power.append(np.square(steps).reshape(-1, _STEP).mean(axis=1))
        self.timbre.add(steps)


def _quality(stored: _Stored, voice: _Voice) -> Quality:
    empty = [np.zeros(0, np.float32)]
    likely, power = np.concatenate(empty + voice.likely), np.concatenate(empty + voice.power)
    ratio, method = noise_ratio(power, likely)
    spoken = power[likely >= SPEECH]
    segments = voice_activity.segments(likely, _POLICY)
    return Quality(
        seconds=stored.samples / stored.rate,
        rate=stored.rate,
        channels=stored.channels,
        dead_channels=stored.levels.dead,
        not_finite=stored.not_finite,
        peak=stored.levels.peak,
        level=stored.levels.level,
        speech_level=decibels(float(spoken.mean())) if len(spoken) else None,
        clipped=stored.levels.clipped,
        silent=stored.levels.silent,
        offset=stored.levels.offset,
        bandwidth=stored.spectrum.bandwidth(),
        speech=sum(end - start for start, end in segments),
        noise_ratio=ratio,
        noise_method=method,
        speaker_contrast=speakers.contrast(voice.timbre.features(), likely),
    )
