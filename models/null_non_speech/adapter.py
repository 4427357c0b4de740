"""A null: the spectrum of what remains of a clip when its speech is removed.

Steps of 32 ms count as non-speech where silero-vad gives less than 0.3 and no step within 96 ms gives
more, so that onsets and reverberation of speech stay out. Of a clip without such a step, the one
least likely to be speech is used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from paralbench.audio.voice_activity import RATE, VoiceActivity
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank

STEP, BANDS = 512, 20
_THRESHOLD, _MARGIN = 0.3, 3
_SILENCE = 1e-12

FEATURES = (
    "share of non-speech", "level",
    *(f"mean of band {band + 1}" for band in range(BANDS)),
    *(f"deviation of band {band + 1}" for band in range(BANDS)),
)  # fmt: skip
"""Level in dB of full scale, mean bands in dB over their mean, deviations in dB."""


class NonSpeech:
    """One layer of one frame for each waveform: its :data:`FEATURES`."""

    def __init__(self) -> None:
        self._detector = VoiceActivity()
        self._window = np.hanning(STEP)
        self._filters = filterbank(RATE, STEP, BANDS)
        self._filters /= self._filters.sum(1, keepdims=True)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1, 42] for each waveform."""
        return [torch.from_numpy(self.features(waveform))[None, None] for waveform in waveforms]

    def features(self, waveform: Waveform) -> NDArray[np.float32]:
        """The :data:`FEATURES` of a waveform at 16 kHz."""
        stream = self._detector.stream()
        probabilities = np.concatenate([stream.add(waveform), stream.end()])
        kept = non_speech(probabilities)
        padded = np.pad(waveform.astype(np.float64), (0, -len(waveform) % STEP))
        steps = padded.reshape(-1, STEP)[kept]
        spectra = np.abs(np.fft.rfft(steps * self._window, axis=1)) ** 2
        bands = _decibels(spectra @ self._filters.T)
        mean = bands.mean(0)
        values = [kept.mean(), _decibels(np.mean(steps**2)), *(mean - mean.mean()), *bands.std(0)]
        return np.array(values, np.float32)


def non_speech(probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which steps are non-speech; always at least one."""
    speech = np.pad(probabilities >= _THRESHOLD, _MARGIN)
    near = np.lib.stride_tricks.sliding_window_view(speech, 2 * _MARGIN + 1)
    kept: NDArray[np.bool_] = np.logical_not(np.any(near, axis=1))
    if not kept.any():
        kept[probabilities.argmin()] = True
    return kept


def load() -> NonSpeech:
    """The detector is loaded on first use."""
    return NonSpeech()


def _decibels(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(power, _SILENCE)))
