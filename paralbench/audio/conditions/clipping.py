"""Clipping: the loudest tenth of the samples is cut off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paralbench.audio.conditions import Condition
from paralbench.audio.pieces import Waveform

SHARE = 0.1


def clipped(waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]) -> Waveform:
    """The waveform within the level that a tenth of its samples exceeds."""
    limit = np.quantile(np.abs(waveform), 1 - SHARE)
    return np.clip(waveform, -limit, limit).astype(np.float32)


CONDITIONS = [Condition("clipping", "the loudest tenth of the samples clipped", clipped)]
