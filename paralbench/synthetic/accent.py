"""Accents and dialects: shifted vowels, gliding syllables, pace and melody.

The invented accents differ in vowel quality and prosody, as accents do (Wells, 1982); the shifts of
a name are arbitrary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from paralbench.synthetic.voice import Delivery, Speaker


@dataclass(frozen=True, slots=True)
class Accent:
    """``vowels``: factors on the first two formants; ``glide`` and ``range`` in semitones;
    ``pace``: a factor on syllables a second."""

    vowels: tuple[float, float]
    glide: float
    range: float
    pace: float


def accents(count: int) -> list[Accent]:
    """``count`` maximally different accents; always the same."""
    turn = 2 * np.pi * np.arange(count) / count
    return [
        Accent(
            vowels=(float(1 + 0.2 * np.cos(angle)), float(1 + 0.2 * np.sin(angle))),
            glide=3.5 * (-1.0, 0.0, 1.0)[number % 3],
            range=(1.2, 2.8)[number % 2],
            pace=(0.85, 1.2)[number // 2 % 2],
        )
        for number, angle in enumerate(turn)
    ]


def accented(
    who: Speaker, accent: Accent, rng: np.random.Generator, strength: float = 1.0
) -> tuple[Speaker, Delivery]:
    """A speaker with an accent, and the delivery of one utterance.

    ``strength`` is the mean strength of the accent, which varies by utterance.
    """
    share = float(np.clip(rng.normal(strength, 0.2), 0, 1.3))
    first, second = (1 + share * (factor - 1) for factor in accent.vowels)
    how = Delivery(
        pace=(1 + share * (accent.pace - 1)) * float(np.exp(rng.normal(0, 0.05))),
        range=2 + share * (accent.range - 2),
        glide=share * accent.glide,
        loudness=float(rng.normal(0, 1.5)),
    )
    return replace(who, vowels=(first, second)), how
