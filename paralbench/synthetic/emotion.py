"""Emotions as deliveries, after the acoustic correlates in Scherer (2003).

Each utterance blends a random share of its emotion with neutral, so that classes overlap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from paralbench.synthetic.voice import Delivery

EMOTIONS: dict[str, Delivery] = {
    "neu": Delivery(),
    "ang": Delivery(pitch=1.35, range=4.0, pace=1.2, loudness=9, jitter=0.008, tilt=0.1, pause=0.04),
    "hap": Delivery(pitch=1.3, range=4.5, pace=1.12, loudness=5, tilt=0.35, pause=0.06),
    "exc": Delivery(pitch=1.4, range=5.0, pace=1.22, loudness=6, tilt=0.3, pause=0.05),
    "sad": Delivery(pitch=0.9, range=1.1, pace=0.75, loudness=-6, breath=0.15, tilt=0.8, pause=0.2,
                    pause_seconds=0.35),
    "fru": Delivery(pitch=1.12, range=2.8, pace=1.0, loudness=4, tilt=0.3, pause=0.12),
    "fea": Delivery(pitch=1.45, range=2.5, pace=1.25, loudness=0, jitter=0.015, breath=0.08, tilt=0.5),
    "sur": Delivery(pitch=1.5, range=5.5, pace=1.05, loudness=3, tilt=0.4),
    "dis": Delivery(pitch=0.95, range=2.2, pace=0.85, loudness=1, jitter=0.012, tilt=0.45),
}  # fmt: skip

_BLENDED = ("pitch", "range", "pace", "loudness", "jitter", "breath", "tilt", "pause")


def delivery(emotion: str, rng: np.random.Generator, strength: float = 0.75) -> Delivery:
    """The delivery of an utterance with an emotion.

    ``strength`` is the mean share of the emotion, from 0 (neutral) to 1. Emotions without a delivery
    (other, no agreement) use a random one.
    """
    full = EMOTIONS.get(emotion) or list(EMOTIONS.values())[rng.integers(len(EMOTIONS))]
    return blended(full, rng, strength)


def blended(full: Delivery, rng: np.random.Generator, strength: float = 0.75) -> Delivery:
    """A random blend of a delivery with neutral, as in :func:`delivery`."""
    share = float(np.clip(rng.normal(strength, 0.25), 0, 1.3))
    neutral = EMOTIONS["neu"]
    values = {
        name: getattr(neutral, name) + share * (getattr(full, name) - getattr(neutral, name))
        for name in _BLENDED
    }
    values["pitch"] *= float(np.exp(rng.normal(0, 0.07)))
    values["pace"] *= float(np.exp(rng.normal(0, 0.08)))
    values["loudness"] += float(rng.normal(0, 2.0))
    values["tilt"] = float(np.clip(values["tilt"] + rng.normal(0, 0.1), 0, 1))
    return replace(neutral, **values)
