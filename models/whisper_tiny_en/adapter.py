"""Whisper tiny.en's encoder, its weights read from CTranslate2's model.bin or from safetensors.

A model.bin of version 6 is a list of named arrays: data only, no code, no pickle. The format is
CTranslate2's ``ModelSpec.save`` (MIT): strings carry their length and a final zero, numbers are
little-endian. Only the encoder's arrays are mapped to transformers' names.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from paralbench.encoders.backends import whisper
from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import NONE, WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard

_DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_VERSION = 6

_PLAIN = {
    "conv1/weight": "conv1.weight",
    "conv1/bias": "conv1.bias",
    "conv2/weight": "conv2.weight",
    "conv2/bias": "conv2.bias",
    "position_encodings/encodings": "embed_positions.weight",
    "layer_norm/gamma": "layer_norm.weight",
    "layer_norm/beta": "layer_norm.bias",
}
_LAYER = {
    "self_attention/layer_norm": "self_attn_layer_norm",
    "self_attention/linear_1": "self_attn.out_proj",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
}
_LEAF = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}


class Settings(Card):
    """Sizes of the encoder, which a model.bin does not carry."""

    mels: int = 80
    heads: int = 6
    inner: int = 1536


def load(weights: Path, card: ModelCard, placement: Placement) -> whisper.Whisper:
    """The encoder with the weights of a model.bin, or of a folder as ``save_pretrained`` writes it."""
    if weights.is_dir():
        folder = WeightsFile(weights, "safetensors", NONE, pinned=False)
        return whisper.load(card, folder, placement)
    make_importable()
    from transformers.models.whisper.configuration_whisper import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    sizes = Settings.checked(card.settings, f"model '{card.id}', settings")
    config = WhisperConfig(
        d_model=card.width,
        encoder_layers=card.layers - 1,
        encoder_attention_heads=sizes.heads,
        encoder_ffn_dim=sizes.inner,
        num_mel_bins=sizes.mels,
        attn_implementation="sdpa",
    )
    state = {name: torch.from_numpy(array) for name, array in encoder_arrays(weights).items()}
    encoder = WhisperEncoder(config)
    try:
        encoder.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise ParalbenchError(
            f"{weights}: cannot be read as Whisper's encoder for '{card.id}' ({first})"
        ) from error
    return whisper.Whisper(encoder, card, placement)


def encoder_arrays(file: Path) -> dict[str, NDArray[np.float32]]:
    """The encoder's weights in float32 under transformers' names."""
    state: dict[str, NDArray[np.float32]] = {}
    for full_name, array in arrays(file).items():
        part, _, name = full_name.partition("/")
        values = array.astype(np.float32)
        layer = re.fullmatch(r"layer_(\d+)/(.+)/(\w+)", name)
        if part != "encoder":
            continue
        if name in _PLAIN:
            state[_PLAIN[name]] = values
        elif layer and layer[2] == "self_attention/linear_0":
            for projection, piece in zip("qkv", np.split(values, 3), strict=True):
                # Whisper's key projection has no bias; CTranslate2 writes zeros for it.
                if (projection, layer[3]) != ("k", "bias"):
                    state[f"layers.{layer[1]}.self_attn.{projection}_proj.{layer[3]}"] = piece
        elif layer and layer[2] in _LAYER:
            state[f"layers.{layer[1]}.{_LAYER[layer[2]]}.{_LEAF[layer[3]]}"] = values
    return state


def arrays(file: Path) -> dict[str, NDArray[np.generic]]:
    """All arrays of a model.bin by name.

    Raises:
        ParalbenchError: for another format, another version, or a file that ends too early.
    """
    try:
        return _parse(file.read_bytes())
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise ParalbenchError(f"{file}: not a CTranslate2 model of version {_VERSION}.") from error


def _parse(content: bytes) -> dict[str, NDArray[np.generic]]:
    position = 0

    def number(code: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from(f"<{code}", content, position)
        position += struct.calcsize(f"<{code}")
        return int(value)

    def text() -> str:
        nonlocal position
        size = number("H")
        position += size
        return content[position - size : position].rstrip(b"\0").decode("ascii")

    if number("I") != _VERSION:
        raise ValueError("another version")
    text()
    number("I")
    parsed: dict[str, NDArray[np.generic]] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = np.dtype(_DTYPES[number("B")])
        size = number("I")
        count = size // dtype.itemsize
        parsed[name] = np.frombuffer(content, dtype, count, position).reshape(shape)
        position += size
    return parsed
