"""A low level: 20 dB less, stored with 16 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paralbench.audio.conditions import Condition
from paralbench.audio.pieces import Waveform

DECIBELS = -20.0


def quiet(waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]) -> Waveform:
    """The waveform 20 dB lower, rounded to 16 bits."""
    steps = np.round(32768 * 10 ** (DECIBELS / 20) * waveform.astype(np.float64))
    return (np.clip(steps, -32768, 32767) / 32768).astype(np.float32)


CONDITIONS = [Condition("gain-20", "20 dB lower, 16 bits", quiet)]
