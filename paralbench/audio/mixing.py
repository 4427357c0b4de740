"""Mixing a disturbance into a waveform at a signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.pieces import Waveform


def mixed(waveform: Waveform, noise: NDArray[np.floating], ratio: float) -> Waveform:
    """The waveform plus noise whose mean power is ``ratio`` dB below its own.

    Digital silence has no level to be below of: it stays as it is.
    """
    signal = np.mean(waveform.astype(np.float64) ** 2)
    disturbance = np.mean(noise.astype(np.float64) ** 2)
    if not signal or not disturbance:
        return waveform
    gain = np.sqrt(signal / disturbance / 10 ** (ratio / 10))
    disturbed: Waveform = (waveform + gain * noise).astype(np.float32)
    return disturbed
