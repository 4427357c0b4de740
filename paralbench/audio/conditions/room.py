"""A room: the direct sound and a tail of noise that decays by 60 dB in RT60, of equal energy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.signal import fftconvolve

from paralbench.audio.conditions import Condition
from paralbench.audio.pieces import Waveform

RATE = 16000
_DELAY = 0.005
"""Seconds from the direct sound to the first reflection."""


def room(
    seconds: float, waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]
) -> Waveform:
    """The reverberant waveform, at the power of the clean one."""
    delay = round(_DELAY * RATE)
    time = np.arange(round(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    response = np.concatenate([[1.0], np.zeros(delay - 1), tail / np.linalg.norm(tail)])
    wet = fftconvolve(waveform.astype(np.float64), response)[: len(waveform)]
    power = np.mean(wet**2)
    if not power:
        return waveform
    gain = np.sqrt(np.mean(waveform.astype(np.float64) ** 2) / power)
    reverberant: Waveform = (gain * wet).astype(np.float32)
    return reverberant


CONDITIONS = [
    Condition(f"room-{seconds:g}", f"room with RT60 of {seconds:g} s", partial(room, seconds))
    for seconds in (0.3, 0.6, 1.2)
]
