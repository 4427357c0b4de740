"""Snores: airway noise modulated by palatal flutter, with gaps.

Palatal snores flutter at some tens of Hz (Pevernagie et al., 2010). With the severity of apnoea the
flutter becomes slower and deeper, the band wider and the gaps more frequent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from paralbench.synthetic.voice import Signal


def snore(severity: float, seconds: float, rng: np.random.Generator, rate: int = 16000) -> Signal:
    """A snore of a person with apnoea of this severity, 0 to 1."""
    count = round(seconds * rate)
    flutter = _flutter(severity, count, rng, rate)
    top = float(np.clip(rng.normal(700 + 1500 * severity, 150), 400, 3500))
    band = butter(2, (90, top), "bandpass", fs=rate, output="sos")
    airway = sosfilt(band, rng.standard_normal(count))
    airway /= np.sqrt(np.mean(airway**2)) + 1e-12
    loud = 0.1 * float(np.exp(rng.normal(0, 0.25)))
    sound = loud * airway * flutter * _breath(severity, count, rng, rate)
    signal: Signal = np.clip(sound + 1e-3 * rng.standard_normal(count), -1, 1).astype(np.float32)
    return signal


def _flutter(
    severity: float, count: int, rng: np.random.Generator, rate: int
) -> NDArray[np.float64]:
    """The amplitude of palatal flutter with a drifting rate."""
    beat = float(np.clip(rng.normal(55 - 28 * severity, 4), 18, 80))
    drift = np.interp(np.arange(count), np.linspace(0, count, 8), rng.normal(1, 0.05, 8))
    phase = np.cumsum(beat * drift) / rate
    depth = 0.35 + 0.55 * min(severity, 1.0)
    shape: NDArray[np.float64] = 1 - depth + depth * np.abs(np.sin(np.pi * phase)) ** 3
    return shape


def _breath(
    severity: float, count: int, rng: np.random.Generator, rate: int
) -> NDArray[np.float64]:
    """The envelope of an inhalation with gaps whose number grows with severity."""
    swell: NDArray[np.float64] = np.sin(np.pi * np.arange(count) / count) ** 0.5
    for _ in range(rng.poisson(2.5 * severity)):
        length = round(float(rng.uniform(0.1, 0.25)) * rate)
        start = int(rng.integers(0, max(count - length, 1)))
        swell[start : start + length] *= 0.02
    return swell
