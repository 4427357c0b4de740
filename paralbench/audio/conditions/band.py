"""A narrow band: the clip as a recorder at 8 kHz would have stored it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr

from paralbench.audio.conditions import Condition
from paralbench.audio.pieces import Waveform

RATE, NARROW = 16000, 8000


def narrow(waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]) -> Waveform:
    """The waveform at 8 kHz and back."""
    back = soxr.resample(soxr.resample(waveform, RATE, NARROW), NARROW, RATE)
    missing = max(0, len(waveform) - len(back))
    return np.pad(back, (0, missing))[: len(waveform)].astype(np.float32)


CONDITIONS = [Condition("band-8k", "sampled at 8 kHz", narrow)]
