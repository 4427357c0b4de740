"""Small transformers models with random weights: their folders, cards and own hidden states."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from paralbench.encoders.backends import transformers as backend
from paralbench.encoders.placement import REFERENCE
from paralbench.encoders.weights import find
from paralbench.records.model_card import FolderWeights, ModelCard

Waveform = NDArray[np.float32]
LENGTHS = (16000, 5003, 24123)
CLOSE = 1e-4

SIZES: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24,
}  # fmt: skip
CONVOLUTIONS: dict[str, Any] = {
    "conv_dim": (8,) * 7, "conv_stride": (5, 2, 2, 2, 2, 2, 2), "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "vocab_size": 11,
    "classifier_proj_size": 8,
}  # fmt: skip
LAYER_NORM: dict[str, Any] = {
    "feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True,
}  # fmt: skip
RAW = {"do_normalize": True, "sampling_rate": 16000}


class Variant(NamedTuple):
    """A small model: its class, the rest of its config, and the numbers of its card."""

    model: str
    config: dict[str, Any]
    shortest: float = 0.025
    frame_rate: float | None = 50.0
    policy: dict[str, Any] | None = None


VARIANTS = {
    "wav2vec2": Variant("Wav2Vec2", SIZES | CONVOLUTIONS),
    "wav2vec2-layer-norm": Variant("Wav2Vec2", SIZES | CONVOLUTIONS | LAYER_NORM),
    "hubert": Variant("Hubert", SIZES | CONVOLUTIONS),
    "hubert-layer-norm": Variant("Hubert", SIZES | CONVOLUTIONS | LAYER_NORM),
    "wavlm": Variant("WavLM", SIZES | CONVOLUTIONS | {"num_buckets": 32}),
    "wavlm-layer-norm": Variant("WavLM", SIZES | CONVOLUTIONS | LAYER_NORM),
    "data2vec": Variant(
        "Data2VecAudio",
        SIZES | CONVOLUTIONS | {"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 19},
    ),
    "unispeech": Variant("UniSpeech", SIZES | CONVOLUTIONS),
    "unispeech-sat": Variant("UniSpeechSat", SIZES | CONVOLUTIONS),
    "unispeech-sat-layer-norm": Variant("UniSpeechSat", SIZES | CONVOLUTIONS | LAYER_NORM),
    "sew": Variant("SEW", SIZES | CONVOLUTIONS | {"squeeze_factor": 2}, 0.045, 25.0),
    "conformer-relative": Variant(
        "Wav2Vec2Conformer",
        SIZES | CONVOLUTIONS | LAYER_NORM | {"position_embeddings_type": "relative"},
    ),
    "conformer-rotary": Variant(
        "Wav2Vec2Conformer",
        SIZES | CONVOLUTIONS | LAYER_NORM | {"position_embeddings_type": "rotary"},
    ),
    "w2v-bert": Variant("Wav2Vec2Bert", SIZES | {"vocab_size": 11}, 0.035),
    "moonshine": Variant(
        "Moonshine",
        {
            "hidden_size": 16, "intermediate_size": 24, "vocab_size": 11,
            "encoder_num_hidden_layers": 3, "decoder_num_hidden_layers": 1,
            "encoder_num_attention_heads": 2, "decoder_num_attention_heads": 2,
        },
        0.056,
        16000 / 384,
    ),
    "whisper": Variant(
        "Whisper",
        {
            "d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 24,
            "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 8,
            "vocab_size": 11, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
            "decoder_start_token_id": 1,
        },
        policy={"padding": "window"},
    ),
    "ast": Variant(
        "AST",
        SIZES | {"max_length": 204, "num_mel_bins": 32},
        frame_rate=None,
        policy={"padding": "window", "window": 2.04},
    ),
}  # fmt: skip
WAVEFORMS = [name for name in VARIANTS if name not in ("w2v-bert", "whisper", "ast")]


def noise(samples: int, seed: int = 0) -> Waveform:
    rng = np.random.default_rng(seed)
    tone = np.sin(2 * np.pi * 180 * np.arange(samples) / 16000)
    return (0.1 * tone + 0.02 * rng.standard_normal(samples) + 0.01).astype(np.float32)


def small_model(variant: Variant, head: str = "Model") -> Any:
    """Built by transformers, with weights so large that each changes the states."""
    config = getattr(transformers, f"{variant.model}Config")(**variant.config)
    torch.manual_seed(3)
    model = getattr(transformers, f"{variant.model}{head}")._from_config(
        config, attn_implementation="eager"
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def encoder_of(model: Any) -> Any:
    """The encoder of a model."""
    complete = isinstance(model, (transformers.MoonshineModel, transformers.WhisperModel))
    return model.encoder if complete else model


def saved(model: Any, folder: Path, preprocessing: dict[str, Any] | None = RAW, **how: Any) -> Path:
    model.save_pretrained(folder, **how)
    if preprocessing is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    return folder


def card_of(variant: Variant, model: Any, **changes: Any) -> ModelCard:
    encoder = encoder_of(model)
    config = encoder.config
    layers = getattr(config, "encoder_num_hidden_layers", None) or config.num_hidden_layers
    values = {
        "id": "small", "title": "A small one", "backend": "transformers", "rate": 16000,
        "layers": layers + 1, "width": config.hidden_size, "frame_rate": variant.frame_rate,
        "parameters": sum(parameter.numel() for parameter in encoder.parameters()),
        "licence": "MIT", "citation": "Nobody: nothing, 2026.",
        "policy": {"shortest": variant.shortest} | (variant.policy or {}),
        "weights": [FolderWeights(kind="folder", path="weights")],
    }  # fmt: skip
    return ModelCard.model_validate(values | changes)


def loaded(card: ModelCard, folder: Path) -> backend.Pretrained:
    return backend.load(card, find(card, Path(), {card.id: folder}), REFERENCE)


def extracted(model: Any, audio: Waveform) -> dict[str, Any]:
    """What transformers' own feature extractor makes of a clip."""
    match model.config.model_type:
        case "wav2vec2-bert":
            extractor: Any = transformers.SeamlessM4TFeatureExtractor()
        case "whisper":
            extractor = transformers.WhisperFeatureExtractor()
        case "audio-spectrogram-transformer":
            extractor = transformers.ASTFeatureExtractor(num_mel_bins=32, max_length=204)
        case _:
            extractor = transformers.Wav2Vec2FeatureExtractor()
    return dict(extractor(audio, sampling_rate=16000, return_tensors="pt"))


def states_of(model: Any, audio: Waveform) -> torch.Tensor:
    """transformers' own hidden states [layers, frames, width]."""
    inputs = extracted(model, audio)
    with torch.no_grad():
        states = encoder_of(model)(**inputs, output_hidden_states=True).hidden_states
    padded = model.config.model_type == "wav2vec2-bert"  # to an even number of frames
    return torch.cat(states)[:, : int(inputs["attention_mask"].sum()) if padded else None]


def rewrite(
    folder: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
) -> None:
    file = folder / "model.safetensors"
    save_file(change(load_file(file)), file, {"format": "pt"})
