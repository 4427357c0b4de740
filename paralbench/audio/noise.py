"""Signal-to-noise ratio from levels of speech and of what stands between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from paralbench.records.quality import NoiseMethod

SPEECH, PAUSE = 0.5, 0.15
"""A step is speech from the first probability on, and pause below the second."""
_LEAST_PAUSE = 16  # steps of 32 ms: half a second
_NEXT_TO = 2  # steps beside speech, where it sets in and dies away
_HIGH, _LOW = 90, 5


def noise_ratio(
    power: NDArray[np.floating], likely: NDArray[np.floating]
) -> tuple[float, NoiseMethod] | tuple[None, None]:
    """Speech over noise in dB, and how it was found; None without speech.

    With half a second of pause or more: the mean power of speech, less that of the noise, over the
    median power of the pauses (steps that are not within 64 ms of speech; the median, so that a
    door or a cough does not count as background). With less: the 90th percentile of power over the
    5th, less the same, which takes the gaps within speech for noise and so reads some dB low in
    good recordings. Steps of digital silence count nowhere: no room is that quiet.

    Args:
        power: mean square of each step of 32 ms, [steps].
        likely: how likely each is speech, [steps].
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


def _over(heard: float, noise: float) -> float:
    """(heard - noise) / noise in dB, kept within -20 and 100, beyond which it says nothing more."""
    ratio = max((heard - noise) / noise, 1e-2) if noise > 0 else 1e10
    return float(10 * np.log10(min(ratio, 1e10)))
