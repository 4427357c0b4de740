"""A source-filter voice: glottal pulses through formants, syllable by syllable.

Not speech, but its paralinguistic properties: pitch and its range, loudness, rate, pauses, jitter,
shimmer, breathiness, spectral tilt, and a speaker-specific vocal tract.
After the source-filter model of Fant (1960) with Rosenberg's (1971) glottal pulse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, sosfilt

Signal = NDArray[np.float32]
Sex = Literal["female", "male"]

_VOWELS = np.array(
    [[730, 1090, 2440, 3400], [270, 2290, 3010, 3600], [300, 870, 2240, 3300], [530, 1840, 2480, 3500],
     [570, 840, 2410, 3300], [440, 1020, 2240, 3300], [640, 1190, 2390, 3400]], dtype=float
)  # fmt: skip
_BANDWIDTHS = np.array([80.0, 100.0, 140.0, 200.0])


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker. ``pitch`` in Hz; ``tract`` scales the formants; ``pace`` in syllables a second;
    ``jitter`` and ``shimmer`` as fractions; ``breath`` is the share of noise in the source;
    ``vowels`` are the factors by which an accent moves the first and the second formant."""

    pitch: float
    tract: float
    pace: float
    jitter: float
    shimmer: float
    breath: float
    vowels: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A manner of speaking, relative to the speaker's own.

    ``pitch`` and ``pace`` are factors; ``range`` is the deviation of pitch in semitones;
    ``loudness`` in dB; ``jitter``, ``shimmer`` and ``breath`` are added; ``tilt`` from 0 (bright,
    pressed) to 1 (dull); ``pause`` is the chance of a pause after a syllable, ``pause_seconds`` its
    mean length; ``glide`` is the rise of each syllable in semitones.
    """

    pitch: float = 1.0
    range: float = 2.0
    pace: float = 1.0
    loudness: float = 0.0
    jitter: float = 0.0
    shimmer: float = 0.0
    breath: float = 0.0
    tilt: float = 0.5
    pause: float = 0.08
    pause_seconds: float = 0.2
    glide: float = 0.0


def speaker(rng: np.random.Generator, sex: Sex, age: float = 40.0) -> Speaker:
    """A random speaker of this sex and age (years)."""
    female = sex == "female"
    aging = max(0.0, age - 50.0) / 40.0
    pitch = (205.0 if female else 118.0) * float(np.exp(rng.normal(0, 0.09)))
    return Speaker(
        pitch=pitch * (1 - 0.12 * aging if female else 1 + 0.08 * aging),
        tract=(1.0 if female else 0.86) * float(np.exp(rng.normal(0, 0.03))),
        pace=float(rng.normal(4.4, 0.35)) * (1 - 0.2 * aging),
        jitter=abs(float(rng.normal(0.006, 0.002))) + 0.008 * aging,
        shimmer=abs(float(rng.normal(0.04, 0.01))) + 0.05 * aging,
        breath=abs(float(rng.normal(0.05, 0.02))) + 0.05 * aging,
    )


def speak(
    who: Speaker,
    how: Delivery,
    seconds: float,
    rng: np.random.Generator,
    rate: int = 16000,
    noise: float = 1e-3,
) -> Signal:
    """``seconds`` of a voice at ``rate`` Hz, full scale ±1, over room noise of deviation ``noise``."""
    total = round(seconds * rate)
    out = np.zeros(total)
    position = round(float(rng.uniform(0.02, 0.08)) * rate)
    phrase = 0
    level = 0.08 * 10 ** (how.loudness / 20)
    while position < total:
        length = round(rate / (who.pace * how.pace) * float(np.exp(rng.normal(0, 0.18))))
        declination = 1.06 - 0.02 * min(phrase, 8)
        semitones = rng.normal((-how.glide / 2, how.glide / 2), how.range)
        start, end = who.pitch * how.pitch * declination * 2.0 ** (semitones / 12)
        syllable = _syllable(who, how, length, (float(start), float(end)), rng, rate)
        fits = min(len(syllable), total - position)
        out[position : position + fits] += level * syllable[:fits]
        position += length
        phrase += 1
        if rng.random() < how.pause:
            position += round(rng.exponential(how.pause_seconds) * rate)
            phrase = 0
    out += noise * rng.standard_normal(total)
    return np.clip(out, -1, 1).astype(np.float32)


def _syllable(
    who: Speaker,
    how: Delivery,
    length: int,
    pitch: tuple[float, float],
    rng: np.random.Generator,
    rate: int,
) -> NDArray[np.float64]:
    onset = min(length // 3, round(0.06 * rate))
    source = _source(who, how, np.geomspace(*pitch, length - onset), rng, rate)
    vowel = sosfilt(_formants(who, rng, rate), source)
    vowel *= _envelope(len(vowel), rate) / (np.sqrt(np.mean(vowel**2)) + 1e-9)
    fricative = lfilter([1, -0.95], [1], rng.standard_normal(onset)) * _envelope(onset, rate) * 0.15
    return np.concatenate([fricative, vowel])


def _source(
    who: Speaker, how: Delivery, pitch: NDArray[np.float64], rng: np.random.Generator, rate: int
) -> NDArray[np.float64]:
    """Rosenberg pulses with jitter and shimmer by period, tilt, and breath noise."""
    periods = int(np.sum(pitch) / rate) + 3
    jitter, shimmer = who.jitter + how.jitter, who.shimmer + how.shimmer
    phase = np.cumsum(pitch * (1 + _by_period(rng.normal(0, jitter, periods), pitch, rate))) / rate
    fraction = phase % 1
    opened, closing = 0.6 - 0.2 * (1 - how.tilt), 0.16
    pulse = np.where(
        fraction < opened,
        0.5 * (1 - np.cos(np.pi * fraction / opened)),
        np.where(fraction < opened + closing, np.cos(np.pi / 2 * (fraction - opened) / closing), 0),
    )
    pulse *= 1 + _by_period(rng.normal(0, shimmer, periods), pitch, rate)
    voiced = np.diff(pulse, prepend=pulse[:1])
    voiced /= np.sqrt(np.mean(voiced**2)) + 1e-9
    breath = min(who.breath + how.breath, 0.95)
    mixed = (1 - breath) * voiced + breath * rng.standard_normal(len(pitch))
    pole = 0.1 + 0.8 * how.tilt
    source: NDArray[np.float64] = lfilter([1 - pole], [1, -pole], mixed)
    return source


def _by_period(
    values: NDArray[np.float64], pitch: NDArray[np.float64], rate: int
) -> NDArray[np.float64]:
    """Values by glottal period, repeated for its samples."""
    period = np.minimum((np.cumsum(pitch) / rate).astype(int), len(values) - 1)
    samples: NDArray[np.float64] = values[period]
    return samples


def _formants(who: Speaker, rng: np.random.Generator, rate: int) -> NDArray[np.float64]:
    """Second-order resonators, as sections for ``sosfilt``."""
    centres = _VOWELS[rng.integers(len(_VOWELS))] * who.tract * np.exp(rng.normal(0, 0.02, 4))
    centres[:2] *= who.vowels
    radius = np.exp(-np.pi * _BANDWIDTHS / rate)
    angle = 2 * np.pi * np.minimum(centres, 0.45 * rate) / rate
    sections = np.zeros((4, 6))
    sections[:, 0], sections[:, 3] = 1 - radius, 1
    sections[:, 4], sections[:, 5] = -2 * radius * np.cos(angle), radius**2
    return sections


def _envelope(length: int, rate: int) -> NDArray[np.float64]:
    ramp = min(length // 2, round(0.025 * rate))
    shape = np.ones(length)
    if ramp:
        rise = 0.5 * (1 - np.cos(np.pi * np.arange(ramp) / ramp))
        shape[:ramp], shape[length - ramp :] = rise, rise[::-1]
    return shape
