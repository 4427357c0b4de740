"""Log-mel and eGeMAPS, the mel filterbank, and what the contract asks of all encoders."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from transformers.audio_utils import mel_filter_bank

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.encoders.mel import filterbank
from paralbench.records.errors import ParalbenchError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("rate", "window", "bands"), [(16000, 400, 80), (16000, 512, 40), (44100, 2048, 128)]
)
def test_filterbank_is_librosas(rate: int, window: int, bands: int) -> None:
    output = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands)
    assert filterbank(rate, window, bands) == pytest.approx(output, abs=1e-8)


@pytest.mark.parametrize(("low", "high", "bands"), [(0, 8000, 80), (60, 3800, 32), (0, 4000, 40)])
def test_filterbank_is_transformers(low: float, high: float, bands: int) -> None:
    output = mel_filter_bank(257, bands, low, high, 16000, norm="slaney", mel_scale="slaney")
    ours = filterbank(16000, 512, bands, low, high)
    assert ours == pytest.approx(output.T, abs=1e-12)


def test_log_mel_is_librosas() -> None:
    audio = (0.1 * RNG.standard_normal(8000)).astype(np.float32)
    (states,) = loadable(Catalog().model("log-mel")).load().encode([audio])
    output = librosa.feature.melspectrogram(
        y=audio, sr=16000, n_fft=400, hop_length=160, n_mels=80, center=True, pad_mode="constant"
    )
    assert states.shape == (1, 51, 80)
    assert states[0].T.numpy() == pytest.approx(np.log(np.maximum(output, 1e-10)), abs=2e-3)


def test_log_mel_of_silence_is_the_floor() -> None:
    (states,) = loadable(Catalog().model("log-mel")).load().encode([np.zeros(1600, np.float32)])
    assert states.numpy() == pytest.approx(np.log(1e-10))


@pytest.mark.parametrize("name", sorted(Catalog().models))
def test_every_model_keeps_its_cards_word(name: str) -> None:
    """Shape, rate, type, finite, and the same alone as beside others."""
    model = Catalog().model(name)
    try:
        encoder = loadable(model).load()
    except ParalbenchError as error:
        if "not on this machine" not in str(error) and "not installed" not in str(error):
            raise
        pytest.skip(str(error))
    clips = [(0.05 * RNG.standard_normal(samples)).astype(np.float32) for samples in (16000, 48000)]
    together = encoder.encode(clips)
    for clip, states in zip(clips, together, strict=True):
        seconds = len(clip) / model.card.rate
        frames = 1 if model.card.frame_rate is None else seconds * model.card.frame_rate
        assert states.dtype == torch.float32
        assert states.shape[0] == model.card.layers
        assert states.shape[2] == model.card.width
        assert abs(states.shape[1] - frames) <= 1
        assert torch.isfinite(states).all()
        assert torch.equal(states, encoder.encode([clip])[0])


@pytest.mark.parametrize("name", ["egemaps-lld", "compare-lld"])
@pytest.mark.parametrize("seconds", [0.5, 2.0, 3.21])
def test_descriptors_come_every_10_ms(name: str, seconds: float) -> None:
    pytest.importorskip("opensmile")
    audio = (0.05 * RNG.standard_normal(round(seconds * 16000))).astype(np.float32)
    (states,) = loadable(Catalog().model(name)).load().encode([audio])
    assert Catalog().model(name).card.frame_rate == 100
    assert abs(states.shape[1] - 100 * seconds) <= 1
