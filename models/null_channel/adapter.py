"""A null: what can be measured of a recording's channel, as little as possible of the speech in it.

Level, range, noise floor, bandwidth and faults of the whole clip, and the spectrum of its quietest
tenth of frames, where room, microphone and codec are alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank, power_spectrum

RATE, FRAME, HOP, BANDS = 16000, 512, 160, 30
_SILENCE = 1e-12
"""Power of a frame, and of a band of it, below which nothing is measured: -120 dB of full scale."""
_DROP = 50.0
"""dB below its peak at which a long-term spectrum ends."""
_QUIET = 0.1

FEATURES = (
    "level", "peak over level", "level of frames, 5 %", "level of frames, 50 %",
    "level of frames, 95 %", "95 % over 5 %", "bandwidth in kHz", "offset in dB",
    "share of samples that are zero", "share of samples at full scale",
    *(f"quiet band {band + 1}" for band in range(BANDS)),
)  # fmt: skip
"""Levels in dB of full scale; quiet bands in dB over the mean level of the quietest frames."""


class Channel:
    """One layer of one frame for each waveform: its :data:`FEATURES`."""

    def __init__(self) -> None:
        self._window = torch.hann_window(FRAME)
        self._filters = filterbank(RATE, FRAME, BANDS)
        self._filters /= self._filters.sum(1, keepdims=True)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1, 40] for each waveform."""
        return [torch.from_numpy(self.features(waveform))[None, None] for waveform in waveforms]

    def features(self, waveform: Waveform) -> NDArray[np.float32]:
        """The :data:`FEATURES` of a waveform at 16 kHz."""
        samples = waveform.astype(np.float64)
        spectra = power_spectrum(torch.from_numpy(waveform), self._window, HOP).double().numpy()
        power = spectra.mean(0)
        levels = _decibels(power)
        low, middle, high = np.percentile(levels, [5, 50, 95])
        level = _decibels(float(np.mean(samples**2)))
        quietest = np.argsort(power, kind="stable")[: max(1, round(_QUIET * len(power)))]
        quiet = _decibels(self._filters @ spectra[:, quietest].mean(1))
        spectrum = _decibels(spectra.mean(1))
        reached = np.flatnonzero(spectrum >= spectrum.max() - _DROP)
        values = [
            level,
            _decibels(float(np.max(samples**2))) - level,
            low,
            middle,
            high,
            high - low,
            reached[-1] / FRAME * RATE / 1000,
            _decibels(float(samples.mean()) ** 2),
            np.mean(samples == 0),
            np.mean(np.abs(samples) >= 0.999),
            *(quiet - quiet.mean()),
        ]
        return np.array(values, np.float32)


def load() -> Channel:
    """Nothing to load: the features are computed."""
    return Channel()


def _decibels(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(power, _SILENCE)))
