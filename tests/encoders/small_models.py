"""A small wav2vec 2.0 with random weights, as transformers' save_pretrained writes it."""

from __future__ import annotations

from pathlib import Path

import torch

from paralbench.encoders.compatibility import make_importable


def save_wav2vec2(folder: Path, seed: int = 0) -> Path:
    """Write config.json and model.safetensors of three hidden states of 16 numbers."""
    make_importable()
    import transformers

    config = transformers.Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        conv_dim=[8] * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    torch.manual_seed(seed)
    transformers.Wav2Vec2Model(config).save_pretrained(folder)
    return folder
