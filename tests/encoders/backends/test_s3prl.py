"""s3prl's upstreams against Kaldi's features and against transformers' own forward."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import (
    HubertConfig,
    HubertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
)

from paralbench.catalog import Catalog, Model
from paralbench.encoders import compatibility
from paralbench.encoders.loading import loadable
from paralbench.encoders.placement import Placement
from paralbench.records.errors import CardError, ParalbenchError, UsageError
from paralbench.records.model_card import ModelCard

pytestmark = pytest.mark.skipif(
    not (importlib.util.find_spec("s3prl") and importlib.util.find_spec("torchaudio")),
    reason="s3prl is not installed: pip install 'paralbench[s3prl]'",
)

Waveform = NDArray[np.float32]
SIZES: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


def _noise(samples: int) -> Waveform:
    rng = np.random.default_rng(samples)
    return (0.1 * rng.standard_normal(samples)).astype(np.float32)


def _folder(place: Path, kind: str, normalise: bool = True, **sizes: Any) -> Any:
    """A small random model as save_pretrained writes it; returns the model."""
    torch.manual_seed(3)
    model: Any
    if kind == "hubert":
        model = HubertModel(HubertConfig(**SIZES, **sizes))
    else:
        model = Wav2Vec2Model(Wav2Vec2Config(**SIZES, **sizes))
    model.save_pretrained(place)
    Wav2Vec2FeatureExtractor(do_normalize=normalise).save_pretrained(place)
    return model.eval()


def _card(**changes: Any) -> ModelCard:
    record: dict[str, Any] = {
        "id": "small",
        "title": "Small",
        "backend": "s3prl",
        "settings": {"upstream": "hf_wav2vec2_custom"},
        "rate": 16000,
        "layers": 4,
        "width": 24,
        "frame_rate": 50.0,
        "parameters": 1,
        "licence": "MIT",
        "citation": "none",
        "weights": [{"kind": "folder", "path": "nowhere"}],
    }
    return ModelCard.model_validate(record | changes)


def _load(card: ModelCard, folder: Path) -> Any:
    return loadable(Model(folder, card), {card.id: folder} if card.weights else {}).load()


@pytest.mark.parametrize(
    ("kind", "normalise", "sizes"),
    [
        ("wav2vec2", True, {}),
        ("wav2vec2", False, {"do_stable_layer_norm": True, "feat_extract_norm": "layer"}),
        ("hubert", True, {}),
    ],
)
def test_hidden_states_are_transformers_own(
    tmp_path: Path, kind: str, normalise: bool, sizes: dict[str, Any]
) -> None:
    model = _folder(tmp_path, kind, normalise, **sizes)
    card = _card(settings={"upstream": f"hf_{kind}_custom"})
    encoder = _load(card, tmp_path)
    for samples in (16000, 7777, 1280):
        audio = _noise(samples)
        recorded = torch.from_numpy(audio)
        if normalise:
            recorded = (recorded - recorded.mean()) / torch.sqrt(recorded.var(correction=0) + 1e-7)
        with torch.no_grad():
            hidden_states = model(recorded.unsqueeze(0), output_hidden_states=True).hidden_states
        (states,) = encoder.encode([audio])
        assert states.shape == (4, -(-samples // 320), 24)
        for ours, theirs in zip(states, hidden_states, strict=True):
            frames = theirs.shape[1]
            assert (ours[:frames] - theirs[0]).abs().max() < 1e-4
            assert torch.equal(
                ours[frames:], ours[frames - 1 : frames].expand(len(ours) - frames, -1)
            )


@pytest.mark.parametrize("name", ["s3prl-fbank", "s3prl-mfcc"])
def test_baselines_are_kaldis(name: str) -> None:
    kaldi = compatibility.torchaudio().compliance.kaldi
    audio = _noise(8000)
    (states,) = loadable(Catalog().model(name)).load().encode([audio])
    wave = torch.from_numpy(audio).unsqueeze(0)
    output = kaldi.fbank(wave, num_mel_bins=80) if name == "s3prl-fbank" else kaldi.mfcc(wave)
    streams = [output, _deltas(output), _deltas(_deltas(output))]
    expected = torch.cat([(stream - stream.mean(0)) / stream.std(0) for stream in streams], dim=1)
    assert states.shape == (1, 50, expected.shape[1])
    assert (states[0, : len(expected)] - expected).abs().max() < 1e-3


def _deltas(values: torch.Tensor) -> torch.Tensor:
    """Regression over two frames either side, the first and last frame repeated."""
    frames = len(values)
    at = [torch.arange(frames).add(shift).clamp(0, frames - 1) for shift in (-2, -1, 1, 2)]
    return (-2 * values[at[0]] - values[at[1]] + values[at[2]] + 2 * values[at[3]]) / 10


def test_loading_changes_no_seed(tmp_path: Path) -> None:
    card = _card(
        settings={"upstream": "fbank"}, layers=1, width=240, frame_rate=100.0,
        parameters=0, weights=[],
    )  # fmt: skip
    torch.manual_seed(11)
    random.seed(11)
    before = torch.get_rng_state(), random.getstate()
    _load(card, tmp_path)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]


def test_normalised_states_have_mean_0_and_variance_1(tmp_path: Path) -> None:
    _folder(tmp_path, "wav2vec2")
    card = _card(settings={"upstream": "hf_wav2vec2_custom", "normalise": True})
    (states,) = _load(card, tmp_path).encode([_noise(16000)])
    assert states.mean(-1).abs().max() < 1e-5
    assert (states.var(-1, correction=0) - 1).abs().max() < 1e-2


def test_a_card_that_says_otherwise_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, "wav2vec2")
    with pytest.raises(CardError, match=r"gives \[50.0\] frames a second; the card says .* 49"):
        _load(_card(frame_rate=49.0), tmp_path)
    with pytest.raises(CardError, match=r"card says 5 of 24"):
        _load(_card(layers=5), tmp_path)
    with pytest.raises(CardError, match="needs weights"):
        _load(_card(parameters=0, weights=[]), tmp_path)
    with pytest.raises(CardError, match="upstream"):
        _load(_card(settings={"upstream": "wav2vec2_local"}), tmp_path)


def test_only_the_reference_is_offered(tmp_path: Path) -> None:
    _folder(tmp_path, "wav2vec2")
    encoder = loadable(Model(tmp_path, _card()), {"small": tmp_path}, Placement(precision="bf16"))
    with pytest.raises(UsageError, match="bf16"):
        encoder.load()


def test_another_architectures_folder_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, "hubert")
    with pytest.raises(ParalbenchError, match="expected model_type 'wav2vec2', got 'hubert'"):
        _load(_card(), tmp_path)


def test_a_folder_without_its_own_input_settings_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, "wav2vec2")
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(ParalbenchError, match=r"expected preprocessor_config\.json"):
        _load(_card(), tmp_path)


def test_missing_tensors_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    _folder(tmp_path, "wav2vec2")
    file = tmp_path / "model.safetensors"
    state = load_file(file)
    del state["encoder.layers.1.final_layer_norm.weight"]
    save_file(state, file, {"format": "pt"})
    with pytest.raises(
        ParalbenchError, match=r"1 are missing, first .*layers\.1\.final_layer_norm"
    ):
        _load(_card(), tmp_path)


def test_a_folder_of_other_sizes_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, "wav2vec2")
    config = tmp_path / "config.json"
    output = json.loads(config.read_text(encoding="utf-8")) | {"intermediate_size": 48}
    config.write_text(json.dumps(output), encoding="utf-8")
    with pytest.raises(ParalbenchError, match="cannot be built"):
        _load(_card(), tmp_path)
