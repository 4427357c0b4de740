"""Kaldi's log mel filterbank energies (Povey et al., 2011), the input of w2v-BERT, AST and CAM++.

Frames of 25 ms every 10 ms, completely within the audio; each is centred, pre-emphasised by 0.97,
windowed and padded to 512 samples. Computed in float64 and rounded where transformers' extractors
round, since normalising a band that hardly varies amplifies its last digits. Tests compare it with
torchaudio's ``compliance.kaldi``, which computes in float32.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.encoders.encoder import Waveform

FRAME, HOP, RATE = 400, 160, 16000
_FFT = 512
_LOWEST = 20.0
_FLOOR = float(np.finfo(np.float32).eps)
_EMPHASIS = 0.97

Window = Literal["povey", "hann"]


def fbank(waveform: Waveform, bands: int, window: Window, scale: float) -> NDArray[np.float32]:
    """Natural logarithm of mel energies [1 + (samples - 400) // 160, bands] at 16 kHz.

    Args:
        waveform: at least 400 samples, full scale ±1.
        bands: mel filters from 20 Hz to 8 kHz.
        window: Kaldi's own (Hann to the power 0.85) or Hann.
        scale: what the samples are multiplied by; 32768 where 16-bit samples are expected.
    """
    samples = waveform.astype(np.float64) * scale
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    frames = frames - frames.mean(1, keepdims=True)
    previous = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    shape = np.hanning(FRAME) ** (0.85 if window == "povey" else 1.0)
    spectrum = np.fft.rfft((frames - _EMPHASIS * previous) * shape, _FFT).astype(np.complex64)
    power = np.abs(spectrum, dtype=np.float64) ** 2
    energies: NDArray[np.float64] = np.log(np.maximum(filters(bands) @ power.T, _FLOOR))
    return energies.astype(np.float32).T


def filters(bands: int) -> NDArray[np.float64]:
    """Filters [bands, 257], triangles of height one on the mel scale."""

    def to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1127.0 * np.log1p(hz / 700.0))

    mels = to_mel(np.linspace(0, RATE / 2, _FFT // 2 + 1))
    lowest, highest = to_mel(np.array([_LOWEST, RATE / 2]))
    edges = np.linspace(lowest, highest, bands + 2)[:, None]
    rising = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))
