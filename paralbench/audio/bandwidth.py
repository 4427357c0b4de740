"""Audio bandwidth: 8 kHz telephone speech stays narrow-band at any sampling rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DROP = 55.0
"""A band this many dB below the strongest one of the long-term spectrum carries no sound."""
BAND = 250.0
_LOWEST = 100.0
_WINDOW_SECONDS = 0.032


class LongTermSpectrum:
    """The mean power spectrum of a mono signal, adjacent Hann windows of 32 ms.

    Speech falls by 35 to 45 dB from its strongest band to 8 kHz (Byrne et al., 1994); a resampler's
    residue above the old Nyquist frequency lies 70 dB or more below. After crude interpolation, or
    with noise added later, a narrow-band recording goes undetected.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._window = np.hanning(max(8, round(_WINDOW_SECONDS * rate))).astype(np.float32)
        self._power = np.zeros(len(self._window) // 2 + 1)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add a block; a remainder shorter than a window is ignored."""
        size = len(self._window)
        frames = samples[: len(samples) // size * size].reshape(-1, size)
        for start in range(0, len(frames), 256):
            spectrum = np.fft.rfft(frames[start : start + 256] * self._window)
            self._power += np.square(np.abs(spectrum)).sum(axis=0, dtype=np.float64)

    def bandwidth(self) -> float | None:
        """Upper edge in Hz of the highest band that carries sound; None for silence."""
        half = self._rate / 2
        frequencies = np.linspace(0, half, len(self._power))
        edges = np.arange(_LOWEST, half, BAND)
        bands = np.digitize(frequencies, edges) - 1
        used = bands >= 0
        power = np.bincount(bands[used], self._power[used], len(edges))
        count = np.bincount(bands[used], minlength=len(edges))
        density = power / np.maximum(count, 1)
        if not density.max(initial=0) > 0:
            return None
        (carrying,) = np.nonzero(density >= density.max() * 10 ** (-DROP / 10))
        return float(min(half, edges[carrying[-1]] + BAND))
