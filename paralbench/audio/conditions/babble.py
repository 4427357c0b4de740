"""Babble of other speakers: clips that trained the head, each from a random place, mixed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from paralbench.audio.conditions import Condition
from paralbench.audio.mixing import mixed
from paralbench.audio.pieces import Waveform

VOICES = 6


def babble(
    ratio: float, waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]
) -> Waveform:
    """Other speakers at equal power, repeated to the length of the clip."""
    noise = np.zeros(len(waveform))
    for voice in others:
        power = np.sqrt(np.mean(voice.astype(np.float64) ** 2))
        if power:
            start = int(rng.integers(len(voice)))
            noise += np.resize(np.roll(voice, -start), len(waveform)) / power
    return mixed(waveform, noise, ratio)


CONDITIONS = [
    Condition(
        f"babble-{ratio}",
        f"babble of {VOICES} other speakers at {ratio} dB",
        partial(babble, float(ratio)),
        others=VOICES,
    )
    for ratio in (20, 10, 0)
]
