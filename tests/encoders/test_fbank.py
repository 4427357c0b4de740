"""Kaldi's filterbank against transformers' and torchaudio's."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import ASTFeatureExtractor, SeamlessM4TFeatureExtractor

from paralbench.encoders.fbank import Window, fbank


def _noise(samples: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    fading = np.exp(-np.arange(samples) / samples * 6)
    return (0.2 * fading * rng.standard_normal(samples) + 0.05).astype(np.float32)


@pytest.mark.parametrize("samples", [400, 559, 560, 16000, 30001])
def test_povey_windows_are_transformers_to_the_bit(samples: int) -> None:
    output = SeamlessM4TFeatureExtractor()._extract_fbank_features(_noise(samples))
    ours = fbank(_noise(samples), 80, "povey", scale=32768.0)
    assert ours.shape == (1 + (samples - 400) // 160, 80)
    assert np.array_equal(ours, output)


def test_hann_windows_are_asts() -> None:
    extractor: Any = ASTFeatureExtractor(num_mel_bins=128, max_length=98)
    output = extractor._extract_fbank_features(_noise(16000), max_length=98)
    ours = fbank(_noise(16000), 128, "hann", scale=1.0)
    assert ours.shape == output.shape == (98, 128)
    assert np.abs(ours - output).max() < 1e-3  # theirs is torchaudio's, in float32, where it is


@pytest.mark.parametrize("window", ["povey", "hann"])
@pytest.mark.parametrize("bands", [64, 80, 128])
def test_energies_are_torchaudios(window: Window, bands: int) -> None:
    kaldi = pytest.importorskip("torchaudio.compliance.kaldi")
    waveform = torch.from_numpy(_noise(16000)).unsqueeze(0) * 32768
    output = kaldi.fbank(
        waveform, num_mel_bins=bands, sample_frequency=16000.0,
        window_type={"povey": "povey", "hann": "hanning"}[window],
    )  # fmt: skip
    differences = np.abs(fbank(_noise(16000), bands, window, scale=32768.0) - output.numpy())
    assert differences.max() < 5e-3  # theirs is rounded to float32 before the logarithm
    assert differences.mean() < 5e-5


def test_the_empty_filter_of_ast_is_no_cause_for_a_warning() -> None:
    code = (
        "import warnings, numpy; warnings.simplefilter('error', UserWarning)\n"
        "from paralbench.encoders.fbank import fbank\n"
        "fbank(numpy.zeros(400, 'float32'), 128, 'hann', 1.0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_silence_lies_on_the_floor() -> None:
    silent = fbank(np.zeros(16000, np.float32), 80, "povey", scale=32768.0)
    assert np.allclose(silent, np.log(np.finfo(np.float32).eps))
