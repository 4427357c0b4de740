"""Signal-to-noise ratio from the levels of speech and of the pauses between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from paralbench.records.quality import NoiseMethod

SPEECH, PAUSE = 0.5, 0.15
"""A step is speech at or above the first probability, a pause below the second."""
_LEAST_PAUSE = 16  # steps of 32 ms: half a second
_NEXT_TO = 2  # steps beside speech: onset and decay
_HIGH, _LOW = 90, 5


def noise_ratio(
    power: NDArray[np.floating], likely: NDArray[np.floating]
) -> tuple[float, NoiseMethod] | tuple[None, None]:
    """Signal-to-noise ratio in dB and the method used; None without speech.

    With half a second of pauses or more: the mean power of speech, less the noise, over the median
    power of pauses (steps more than 64 ms from speech; the median disregards a door or a cough).
    With less: the 90th percentile of power, less the 5th, over the 5th. This takes gaps within
    speech for noise and reads some dB low in good recordings. Digital silence is excluded.

    Args:
        power: mean square of each step of 32 ms, [steps].
        likely: probability of speech in each step, [steps].
    """
    sounding = power > 0
    speech = likely >= SPEECH
    if not (speech & sounding).any():
        return None, None
    beside = binary_dilation(speech, iterations=_NEXT_TO)
    pauses = power[sounding & ~beside & (likely < PAUSE)]
    if len(pauses) >= _LEAST_PAUSE:
        return _over(float(power[speech].mean()), float(np.median(pauses))), "pauses"
    high, low = np.percentile(power[sounding], [_HIGH, _LOW])
    return _over(float(high), float(low)), "percentiles"


def _over(signal: float, noise: float) -> float:
    """(signal - noise) / noise in dB, clipped to the meaningful range of -20 to 100."""
    ratio = max((signal - noise) / noise, 1e-2) if noise > 0 else 1e10
    return float(10 * np.log10(min(ratio, 1e10)))
