"""White and pink noise at a signal-to-noise ratio of the whole clip."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from paralbench.audio.conditions import Condition
from paralbench.audio.mixing import mixed
from paralbench.audio.pieces import Waveform


def white(
    ratio: float, waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]
) -> Waveform:
    """Noise of equal power in every Hz."""
    return mixed(waveform, rng.standard_normal(len(waveform)), ratio)


def pink(
    ratio: float, waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]
) -> Waveform:
    """Noise of equal power in every octave."""
    spectrum = np.fft.rfft(rng.standard_normal(len(waveform)))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return mixed(waveform, np.fft.irfft(spectrum, len(waveform)), ratio)


CONDITIONS = [
    Condition(f"{name}-{ratio}", f"{name} noise at {ratio} dB", partial(kind, float(ratio)))
    for name, kind in (("white", white), ("pink", pink))
    for ratio in (20, 10, 0)
]
