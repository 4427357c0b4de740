"""The filterbank and the log-mel encoder against librosa."""

import librosa
import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.encoders.mel import filterbank


@pytest.mark.parametrize(
    ("rate", "window", "bands"), [(16000, 400, 80), (48000, 2048, 128), (8000, 256, 23)]
)
def test_filterbank_equals_librosa(rate: int, window: int, bands: int) -> None:
    expected = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands, dtype=np.float64)
    assert np.abs(filterbank(rate, window, bands) - expected).max() < 1e-12


def test_log_mel_equals_librosa() -> None:
    wave = np.random.default_rng(0).normal(0, 0.1, 16123).astype(np.float32)
    (ours,) = loadable(Catalog().model("log-mel")).load().encode([wave])
    energies = librosa.feature.melspectrogram(
        y=wave, sr=16000, n_fft=400, hop_length=160, n_mels=80, pad_mode="constant"
    )
    expected = np.log(np.maximum(energies, 1e-10)).T
    assert tuple(ours.shape) == (1, 1 + 16123 // 160, 80)
    assert np.abs(ours[0].numpy() - expected).max() < 1e-3


def test_egemaps_is_one_frame_a_clip() -> None:
    pytest.importorskip("opensmile", reason="the extra 'egemaps' is not installed")
    rng = np.random.default_rng(0)
    waves = [rng.normal(0, 0.1, size).astype(np.float32) for size in (16000, 40000)]
    encoder = loadable(Catalog().model("egemaps")).load()
    together = encoder.encode(waves)
    assert [tuple(states.shape) for states in together] == [(1, 1, 88)] * 2
    assert np.array_equal(encoder.encode(waves[1:])[0].numpy(), together[1].numpy())
    assert np.isfinite(together[0].numpy()).all()
