"""Whisper's encoder with its true weights, against transformers' own forward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from paralbench.catalog import Catalog
from paralbench.encoders.backends import whisper
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.weights import WeightsFile, find
from paralbench.records.model_card import ModelCard

MODEL = Catalog().model("whisper-tiny.en")
Waveform = NDArray[np.float32]
LENGTHS = (16000, 400, 7777, 48123, 16001)


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return Catalog().model("whisper-tiny.en").card


@pytest.fixture(scope="module")
def weights(card: ModelCard) -> WeightsFile:
    return find(card, Path(), {})


@pytest.fixture(scope="module")
def ours(card: ModelCard, weights: WeightsFile) -> whisper.Whisper:
    return _load(card, weights)


def _load(card: ModelCard, weights: WeightsFile) -> whisper.Whisper:
    encoder = LoadableEncoder(card, MODEL.folder, weights).load()
    assert isinstance(encoder, whisper.Whisper)
    return encoder


def _noise(samples: int, seed: int = 0) -> Waveform:
    rng = np.random.default_rng(seed)
    tone = np.sin(2 * np.pi * 180 * np.arange(samples) / 16000)
    return (0.1 * tone + 0.02 * rng.standard_normal(samples)).astype(np.float32)


def _padded(card: ModelCard) -> ModelCard:
    return card.model_copy(update={"policy": card.policy.model_copy(update={"padding": "window"})})


def _stock(weights: WeightsFile, positions: int) -> Any:
    """transformers' encoder, untouched, for inputs of exactly ``positions`` frames."""
    assert weights.path is not None
    state = {
        name: torch.from_numpy(a) for name, a in MODEL.adapter.encoder_arrays(weights.path).items()
    }
    config = WhisperConfig(
        d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
        max_source_positions=positions, attn_implementation="sdpa",
    )  # fmt: skip
    state["embed_positions.weight"] = state["embed_positions.weight"][:positions]
    encoder = WhisperEncoder(config).eval()
    encoder.load_state_dict(state)
    return encoder


def _stock_states(encoder: Any, log_mel: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        output = encoder(log_mel.unsqueeze(0), output_hidden_states=True, return_dict=True)
    states = list(output.hidden_states)
    states[-1] = output.last_hidden_state  # normalised, whichever of the two a version hands out
    return torch.cat(states)


def test_log_mel_is_the_feature_extractors(ours: whisper.Whisper, card: ModelCard) -> None:
    audio = _noise(40000)
    extractor = WhisperFeatureExtractor()
    input_features = extractor(audio, sampling_rate=16000, return_tensors="pt").input_features[0]
    padded = _load(_padded(card), find(card, Path(), {}))
    assert (padded.log_mel(audio)[0] - input_features).abs().max() < 1e-4
    alone = extractor(
        audio, sampling_rate=16000, return_tensors="pt", padding=False
    ).input_features[0]
    assert (ours.log_mel(audio)[0] - alone).abs().max() < 1e-4


def test_states_equal_transformers_on_thirty_seconds(card: ModelCard, weights: WeightsFile) -> None:
    padded = _load(_padded(card), weights)
    audio = _noise(50000)
    (states,) = padded.encode([audio])
    output = _stock_states(_stock(weights, 1500), padded.log_mel(audio)[0])
    assert states.shape == output.shape == (5, 1500, 384)
    assert (states - output).abs().max() < 1e-4


@pytest.mark.parametrize("samples", [400, 3200, 32320])
def test_states_equal_transformers_at_a_clips_own_length(
    ours: whisper.Whisper, weights: WeightsFile, samples: int
) -> None:
    audio = _noise(samples)
    log_mel = ours.log_mel(audio)[0]
    even = log_mel[:, : log_mel.shape[1] // 2 * 2]
    states = ours.forward(even.unsqueeze(0))
    output = _stock_states(_stock(weights, even.shape[1] // 2), even)
    assert states.shape == output.shape
    assert (states - output).abs().max() < 1e-4


def test_alone_or_beside_others_is_the_same_to_the_bit(ours: whisper.Whisper) -> None:
    clips = [_noise(length, seed) for seed, length in enumerate(LENGTHS)]
    together = ours.encode(clips)
    for clip, states in zip(clips, together, strict=True):
        (alone,) = ours.encode([clip])
        assert torch.equal(alone, states)


def test_padding_changes_what_is_encoded(
    ours: whisper.Whisper, card: ModelCard, weights: WeightsFile
) -> None:
    audio = _noise(16000)
    (own,) = ours.encode([audio])
    (padded,) = _load(_padded(card), weights).encode([audio])
    assert own.shape[1] == 50
    assert padded.shape[1] == 1500
    assert (own[-1] - padded[-1, :50]).abs().max() > 1e-3


def test_a_folder_of_safetensors_gives_the_same(
    card: ModelCard, weights: WeightsFile, ours: whisper.Whisper, tmp_path: Path
) -> None:
    from transformers import WhisperModel

    config = WhisperConfig(
        d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
        decoder_layers=1, decoder_attention_heads=6, decoder_ffn_dim=8, vocab_size=51864,
    )  # fmt: skip
    model: Any = WhisperModel(config)
    assert weights.path is not None
    state = {
        name: torch.from_numpy(a) for name, a in MODEL.adapter.encoder_arrays(weights.path).items()
    }
    model.encoder.load_state_dict(state)
    model.save_pretrained(tmp_path)
    module = find(card, Path(), {card.id: tmp_path})
    assert module.format == "safetensors"
    assert not module.pinned
    audio = _noise(20000)
    (states,) = _load(card, module).encode([audio])
    assert torch.equal(states, ours.encode([audio])[0])


def test_no_gradient_and_no_dropout(ours: whisper.Whisper) -> None:
    torch.manual_seed(0)
    (states,) = ours.encode([_noise(8000)])
    torch.manual_seed(1)
    assert not states.requires_grad
    assert torch.equal(states, ours.encode([_noise(8000)])[0])


def test_parameters_on_the_card_are_those_that_run(card: ModelCard, weights: WeightsFile) -> None:
    assert sum(parameter.numel() for parameter in _stock(weights, 1500).parameters()) == (
        card.parameters
    )
