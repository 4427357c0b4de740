"""Kaldi's log mel filterbank energies (Povey et al., 2011), the input of w2v-BERT, AST and CAM++.

Computed by transformers, which rounds as these models' own extractors do: normalising a band that
hardly varies amplifies its last digits. torchaudio's ``compliance.kaldi`` computes in float32; its
wheel cannot be imported beside another build of torch. A minute of audio takes 93 ms of a Xeon's core
here and 29 ms there, where CAM++ takes 2.3 s to encode it. Tests compare the two.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.encoder import Waveform

FRAME, HOP, RATE = 400, 160, 16000
_FFT = 512
_LOWEST = 20.0
_FLOOR = float(np.finfo(np.float32).eps)
_EMPHASIS = 0.97

Window = Literal["povey", "hann"]


def fbank(waveform: Waveform, bands: int, window: Window, scale: float) -> NDArray[np.float32]:
    """Natural logarithm of mel energies [1 + (samples - 400) // 160, bands] at 16 kHz.

    Frames of 25 ms every 10 ms lie completely within the audio; each is centred, pre-emphasised by
    0.97, windowed and padded to 512 samples.

    Args:
        waveform: at least 400 samples, full scale ±1.
        bands: mel filters from 20 Hz to 8 kHz.
        window: Kaldi's own (Hann to the power 0.85) or Hann.
        scale: what the samples are multiplied by; 32768 where 16-bit samples are expected.
    """
    make_importable()
    from transformers.audio_utils import spectrogram

    shape, filters = _window_and_filters(bands, window)
    energies: NDArray[np.float32] = spectrogram(
        waveform.astype(np.float64) * scale, shape, FRAME, HOP, _FFT, power=2.0, center=False,
        preemphasis=_EMPHASIS, remove_dc_offset=True, mel_filters=filters, log_mel="log",
        mel_floor=_FLOOR, dtype=np.float32,
    )  # fmt: skip
    return energies.T


@cache
def _window_and_filters(
    bands: int, window: Window
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from transformers.audio_utils import mel_filter_bank, window_function

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of AST's 128 filters lies between two bins
        filters = mel_filter_bank(
            _FFT // 2 + 1, bands, _LOWEST, RATE / 2, RATE, mel_scale="kaldi",
            triangularize_in_mel_space=True,
        )  # fmt: skip
    return window_function(FRAME, window, periodic=False), filters
