"""What the cards say of size is what transformers builds from the models' configurations."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
import torch

from paralbench.catalog import Catalog
from paralbench.encoders.compatibility import make_importable
from paralbench.records.model_card import HubWeights

_LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}
_STABLE = {**_LARGE, "feat_extract_norm": "layer", "do_stable_layer_norm": True}
_WAV2VEC2 = ("wav2vec2.{}_wav2vec2", "Wav2Vec2Config", "Wav2Vec2Model")
_HUBERT = ("hubert.{}_hubert", "HubertConfig", "HubertModel")
_WAVLM = ("wavlm.{}_wavlm", "WavLMConfig", "WavLMModel")
_DATA2VEC = ("data2vec.{}_data2vec_audio", "Data2VecAudioConfig", "Data2VecAudioModel")
_SAT = ("unispeech_sat.{}_unispeech_sat", "UniSpeechSatConfig", "UniSpeechSatModel")
_BERT = ("wav2vec2_bert.{}_wav2vec2_bert", "Wav2Vec2BertConfig", "Wav2Vec2BertModel")
_AST = ("audio_spectrogram_transformer.{}_audio_spectrogram_transformer", "ASTConfig", "ASTModel")
_WHISPER = ("whisper.{}_whisper", "WhisperConfig", "WhisperEncoder")
_MOONSHINE = ("moonshine.{}_moonshine", "MoonshineConfig", "MoonshineEncoder")


def _whisper(width: int, layers: int, heads: int, mels: int = 80) -> dict[str, Any]:
    return {
        "d_model": width,
        "encoder_layers": layers,
        "encoder_attention_heads": heads,
        "encoder_ffn_dim": 4 * width,
        "num_mel_bins": mels,
    }


_MODELS: dict[str, tuple[tuple[str, str, str], dict[str, Any]]] = {
    "wav2vec2-base": (_WAV2VEC2, {}),
    "wav2vec2-large": (_WAV2VEC2, _LARGE),
    "wav2vec2-xlsr-53": (_WAV2VEC2, {**_STABLE, "conv_bias": True}),
    "wav2vec2-xls-r-300m": (_WAV2VEC2, {**_STABLE, "conv_bias": True}),
    "hubert-base": (_HUBERT, {}),
    "hubert-large": (_HUBERT, {**_STABLE, "conv_bias": True}),
    "wavlm-base-plus": (_WAVLM, {}),
    "wavlm-large": (_WAVLM, _STABLE),
    "data2vec-audio-base": (_DATA2VEC, {}),
    "data2vec-audio-large": (_DATA2VEC, _LARGE),
    "unispeech-sat-base-plus": (_SAT, {}),
    "unispeech-sat-large": (_SAT, _STABLE),
    "w2v-bert-2.0": (_BERT, {}),
    "ast": (_AST, {}),
    "whisper-tiny.en": (_WHISPER, _whisper(384, 4, 6)),
    "whisper-base": (_WHISPER, _whisper(512, 6, 8)),
    "whisper-small": (_WHISPER, _whisper(768, 12, 12)),
    "whisper-large-v3": (_WHISPER, _whisper(1280, 32, 20, mels=128)),
    "moonshine-tiny": (_MOONSHINE, {}),
    "moonshine-base": (
        _MOONSHINE,
        {"hidden_size": 416, "intermediate_size": 1664, "encoder_num_hidden_layers": 8},
    ),
}
"""Architecture, and what the model's config.json says other than transformers' defaults."""


def _convolutions(config: Any) -> list[tuple[int, int]] | None:
    """Kernel and stride over samples; None where a spectrum comes first."""
    if config.model_type == "moonshine":
        return [(127, 64), (7, 3), (3, 2)]
    if not hasattr(config, "conv_kernel"):
        return None
    return list(zip(config.conv_kernel, config.conv_stride, strict=True))


@pytest.mark.parametrize("name", _MODELS)
def test_size_and_receptive_field(name: str) -> None:
    (folder, configuration, model), output = _MODELS[name]
    card = Catalog().model(name).card
    make_importable()
    module = f"transformers.models.{folder}"
    config = getattr(import_module(module.format("configuration")), configuration)(**output)
    with torch.device("meta"):
        built = getattr(import_module(module.format("modeling")), model)(config)
    layers = next(
        getattr(config, key)
        for key in ("encoder_layers", "encoder_num_hidden_layers", "num_hidden_layers")
        if hasattr(config, key)
    )
    assert card.parameters == sum(parameter.numel() for parameter in built.parameters())
    assert card.layers == layers + 1
    assert card.width == config.hidden_size
    convolutions = _convolutions(config)
    if convolutions is not None:
        samples, hop = 1, 1
        for kernel, stride in reversed(convolutions):
            samples, hop = (samples - 1) * stride + kernel, hop * stride
        assert card.frame_rate == pytest.approx(card.rate / hop, rel=1e-5)
        assert samples <= round(card.policy.shortest * card.rate) < samples + 16


def test_every_card_with_weights_of_the_hub_and_transformers_is_recomputed() -> None:
    """A new card comes with its line above."""
    served = {
        name
        for name, model in Catalog().models.items()
        if (model.card.backend in ("transformers", "whisper") or name.startswith("whisper"))
        and any(isinstance(source, HubWeights) for source in model.card.weights)
    }
    assert served == _MODELS.keys()


def test_what_is_called_found_is_a_commit_and_a_branch_is_not() -> None:
    for name, model in Catalog().models.items():
        for source in model.card.weights:
            if isinstance(source, HubWeights) and source.certainty == "found":
                assert re.fullmatch(r"[0-9a-f]{40}", source.revision), name
            if isinstance(source, HubWeights) and source.revision == "main":
                assert (source.certainty, source.sha256) == ("unconfirmed", None), name


def test_ast_encodes_just_its_window() -> None:
    """1,024 frames of 10 ms; its positions are for no other number."""
    policy = Catalog().model("ast").card.policy
    assert (policy.window, policy.padding) == (10.24, "window")
