"""The mel filterbank (Slaney's scale and area normalisation), as librosa and Whisper use it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HZ_PER_MEL = 200 / 3
_KNEE_HZ, _KNEE_MEL = 1000.0, 15.0
_LOG_STEP = np.log(6.4) / 27


def filterbank(
    rate: int, window: int, bands: int, low: float = 0.0, high: float | None = None
) -> NDArray[np.float64]:
    """Triangular filters [bands, window // 2 + 1] from ``low`` to ``high`` Hz (half the rate)."""
    bins = np.linspace(0, rate / 2, window // 2 + 1)
    edges = _to_hz(np.linspace(_to_mel(low), _to_mel(high or rate / 2), bands + 2))
    widths = np.diff(edges)
    slopes = edges[:, None] - bins[None, :]
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    filters: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * area[:, None]
    return filters


def _to_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _HZ_PER_MEL
    return float(_KNEE_MEL + np.log(hz / _KNEE_HZ) / _LOG_STEP)


def _to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    hz: NDArray[np.float64] = np.where(mel < _KNEE_MEL, mel * _HZ_PER_MEL, above)
    return hz
