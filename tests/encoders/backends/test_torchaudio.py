"""torchaudio's wav2vec 2.0 family with a small model's weights, against transformers' own forward."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from transformers import (
    HubertConfig,
    HubertModel,
    Wav2Vec2Config,
    Wav2Vec2ForCTC,
    Wav2Vec2Model,
    WavLMConfig,
    WavLMModel,
)

from paralbench.catalog import Model
from paralbench.encoders import compatibility
from paralbench.encoders.loading import loadable
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torchaudio") is None,
    reason="torchaudio is not installed: pip install 'paralbench[torchaudio]'",
)

SIZES: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
LARGE = {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True}


def _noise(samples: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(samples)
    return (0.1 * rng.standard_normal(samples)).astype(np.float32)


def _save(model: Any, folder: Path) -> dict[str, Any]:
    """Write the model's weights as torchaudio names them; returns its factory's arguments."""
    compatibility.torchaudio()
    importing: Any = importlib.import_module("torchaudio.models.wav2vec2.utils.import_huggingface")
    state = importing.import_huggingface_model(model).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()},
              folder / "model.safetensors")  # fmt: skip
    (folder / "config.json").write_text("{}", encoding="utf-8")
    wavlm = isinstance(model, WavLMModel)
    describe = importing._get_config_wavlm if wavlm else importing._get_config
    arguments: dict[str, Any] = describe(model.config)
    arguments["aux_num_out"] = None
    return arguments


def _card(factory: str, arguments: dict[str, Any], **changes: Any) -> ModelCard:
    settings = {"factory": factory, "arguments": arguments, "normalise": False}
    record: dict[str, Any] = {
        "id": "small",
        "title": "Small",
        "backend": "torchaudio",
        "settings": settings | changes.pop("settings", {}),
        "rate": 16000,
        "layers": 3,
        "width": 24,
        "frame_rate": 50.0,
        "parameters": 1,
        "licence": "MIT",
        "citation": "none",
        "weights": [{"kind": "folder", "path": "nowhere"}],
    }
    return ModelCard.model_validate(record | changes)


def _load(card: ModelCard, folder: Path) -> Any:
    return loadable(Model(folder, card), {card.id: folder}).load()


def _random(model: Any) -> Any:
    """Weights far from the mild ones a new model has, so that a layer left out would be seen."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval()


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize(
    ("kind", "sizes"),
    [("wav2vec2", {}), ("wav2vec2", LARGE), ("hubert", {}), ("wavlm", {}), ("wavlm", LARGE)],
)
def test_hidden_states_are_transformers_own(
    tmp_path: Path, kind: str, sizes: dict[str, Any], normalise: bool
) -> None:
    config, architecture = {
        "wav2vec2": (Wav2Vec2Config, Wav2Vec2Model),
        "hubert": (HubertConfig, HubertModel),
        "wavlm": (WavLMConfig, WavLMModel),
    }[kind]
    model = _random(architecture(config(**SIZES, **sizes)))
    factory = "wavlm_model" if kind == "wavlm" else "wav2vec2_model"
    card = _card(factory, _save(model, tmp_path), settings={"normalise": normalise})
    encoder = _load(card, tmp_path)
    for samples in (16000, 7777, 400):
        audio = _noise(samples)
        recorded = torch.from_numpy(audio)
        if normalise:
            recorded = (recorded - recorded.mean()) / torch.sqrt(recorded.var(correction=0) + 1e-5)
        with torch.no_grad():
            complete = model(recorded.unsqueeze(0), output_hidden_states=True)
        hidden_states = list(complete.hidden_states)
        (states,) = encoder.encode([audio])
        assert states.shape == (3, hidden_states[0].shape[1], 24)
        ours = list(states)
        if sizes:  # a last norm follows the layers; whether it shows there varies with the version
            with torch.no_grad():
                ours[-1] = model.encoder.layer_norm(ours[-1])
            hidden_states[-1] = complete.last_hidden_state
        for layer, theirs in zip(ours, hidden_states[1:], strict=True):
            assert (layer - theirs[0]).abs().max() < 1e-4


def test_a_classifier_on_top_is_left_out(tmp_path: Path) -> None:
    model = _random(Wav2Vec2ForCTC(Wav2Vec2Config(**SIZES)))
    card = _card("wav2vec2_model", _save(model, tmp_path))
    assert "aux.weight" in load_file(tmp_path / "model.safetensors")
    audio = _noise(8000)
    with torch.no_grad():
        last_hidden_state = model.wav2vec2(torch.from_numpy(audio).unsqueeze(0)).last_hidden_state
    (states,) = _load(card, tmp_path).encode([audio])
    assert (states[-1] - last_hidden_state[0]).abs().max() < 1e-4


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    arguments = _save(Wav2Vec2Model(Wav2Vec2Config(**SIZES)), tmp_path)
    file = tmp_path / "model.safetensors"
    state = load_file(file)
    with pytest.raises(ParalbenchError, match=r"cannot be read as torchaudio's model of 'small'"):
        _load(_card("wav2vec2_model", arguments | {"encoder_num_layers": 4}), tmp_path)
    del state["encoder.transformer.layer_norm.weight"]
    save_file(state, file)
    with pytest.raises(ParalbenchError, match=r"Missing key.*layer_norm\.weight"):
        _load(_card("wav2vec2_model", arguments), tmp_path)


def test_a_card_that_says_otherwise_is_refused(tmp_path: Path) -> None:
    arguments = _save(Wav2Vec2Model(Wav2Vec2Config(**SIZES)), tmp_path)
    with pytest.raises(CardError, match=r"gives 50\.0 frames a second, the card says 49\.0"):
        _load(_card("wav2vec2_model", arguments, frame_rate=49.0), tmp_path)
    with pytest.raises(CardError, match="unexpected keyword argument 'depth'"):
        _load(_card("wav2vec2_base", {"depth": 4}), tmp_path)
    with pytest.raises(CardError, match="factory"):
        _load(_card("wav2vec3", {}), tmp_path)
