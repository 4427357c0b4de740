"""How far up a recording carries sound: 8 kHz telephone speech stays that at any sampling rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DROP = 55.0
"""Sound ends where the long-term spectrum stays so many dB below its strongest band."""
BAND = 250.0
_LOWEST = 100.0
_WINDOW_SECONDS = 0.032


class LongTermSpectrum:
    """The mean power spectrum of a mono signal, windows of 32 ms (Hann) side by side.

    Speech falls off by 35 to 45 dB from its strongest band to 8 kHz (Byrne et al., 1994), what a
    resampler leaves above half the old rate lies 70 dB and more below. Where interpolation was
    crude, or noise was added after it, a narrow recording is not noticed.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._window = np.hanning(max(8, round(_WINDOW_SECONDS * rate))).astype(np.float32)
        self._power = np.zeros(len(self._window) // 2 + 1)

    def hear(self, samples: NDArray[np.float32]) -> None:
        """Take in a block; what of it does not fill a window is left out."""
        size = len(self._window)
        frames = samples[: len(samples) // size * size].reshape(-1, size)
        for start in range(0, len(frames), 256):
            spectrum = np.fft.rfft(frames[start : start + 256] * self._window)
            self._power += np.square(np.abs(spectrum)).sum(axis=0, dtype=np.float64)

    def bandwidth(self) -> float | None:
        """Upper edge in Hz of the highest band that carries sound; None where none does."""
        half = self._rate / 2
        frequencies = np.linspace(0, half, len(self._power))
        edges = np.arange(_LOWEST, half, BAND)
        bands = np.digitize(frequencies, edges) - 1
        heard = bands >= 0
        power = np.bincount(bands[heard], self._power[heard], len(edges))
        count = np.bincount(bands[heard], minlength=len(edges))
        density = power / np.maximum(count, 1)
        if not density.max(initial=0) > 0:
            return None
        (carrying,) = np.nonzero(density >= density.max() * 10 ** (-DROP / 10))
        return float(min(half, edges[carrying[-1]] + BAND))
