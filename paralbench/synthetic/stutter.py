"""Dysfluencies: prolonged, blocked and repeated sounds, repeated words, interjections.

The five kinds are those of SEP-28k (Lea et al., 2021).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from paralbench.synthetic.voice import Delivery, Signal, Speaker, speak

Dysfluency = Literal["Prolongation", "Block", "SoundRep", "WordRep", "Interjection"]
DYSFLUENCIES: tuple[Dysfluency, ...] = get_args(Dysfluency)


def stutter(
    who: Speaker,
    how: Delivery,
    seconds: float,
    kind: Dysfluency,
    rng: np.random.Generator,
    rate: int = 16000,
) -> Signal:
    """``seconds`` of speech with one dysfluency."""
    fluent = speak(who, how, seconds, rng, rate)
    place = round(float(rng.uniform(0.15, 0.45)) * len(fluent))
    broken = [fluent[:place], _dysfluency(who, how, kind, rng, rate), fluent[place:]]
    return np.concatenate(broken)[: len(fluent)].astype(np.float32)


def _dysfluency(
    who: Speaker, how: Delivery, kind: Dysfluency, rng: np.random.Generator, rate: int
) -> Signal:
    steady = replace(how, pace=0.2, range=0.1, pause=0.0)
    if kind == "Prolongation":
        return speak(who, steady, float(rng.uniform(0.7, 1.1)), rng, rate)
    if kind == "Block":
        tense = 2e-3 * rng.standard_normal(round(float(rng.uniform(0.5, 0.9)) * rate))
        return tense.astype(np.float32)
    if kind == "Interjection":
        um = replace(steady, pitch=how.pitch * 0.85, tilt=0.8, loudness=how.loudness - 3)
        return _repeated(speak(who, um, float(rng.uniform(0.35, 0.5)), rng, rate), 0.2, 1, rate)
    length, syllables, gap = (0.15, 1, 0.05) if kind == "SoundRep" else (0.36, 2, 0.1)
    quick = replace(how, pace=syllables / (length * who.pace), pause=0.0)
    unit = speak(who, quick, length, rng, rate)
    return _repeated(unit, gap, int(rng.integers(3, 6)), rate)


def _repeated(unit: Signal, gap: float, times: int, rate: int) -> Signal:
    """The unit ``times`` times, with ``gap`` seconds of silence after each."""
    return np.tile(np.concatenate([unit, np.zeros(round(gap * rate), np.float32)]), times)
