"""Reads CTranslate2's model.bin, version 6: a list of named arrays. Data only, no code, no pickle.

The format is CTranslate2's ``ModelSpec.save`` (MIT): strings carry their length and a final zero,
numbers are little-endian. Only Whisper's encoder is mapped to transformers' names.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.records.errors import ParalbenchError

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
    found: dict[str, NDArray[np.generic]] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = np.dtype(_DTYPES[number("B")])
        size = number("I")
        count = size // dtype.itemsize
        found[name] = np.frombuffer(content, dtype, count, position).reshape(shape)
        position += size
    return found


def whisper_encoder(file: Path) -> dict[str, NDArray[np.float32]]:
    """The encoder's weights in float32 under transformers' names."""
    state: dict[str, NDArray[np.float32]] = {}
    for full, array in arrays(file).items():
        part, _, name = full.partition("/")
        values = array.astype(np.float32)
        layer = re.fullmatch(r"layer_(\d+)/(.+)/(\w+)", name)
        if part != "encoder":
            continue
        if name in _PLAIN:
            state[_PLAIN[name]] = values
        elif layer and layer[2] == "self_attention/linear_0":
            _split_attention(state, f"layers.{layer[1]}.self_attn", layer[3], values)
        elif layer and layer[2] in _LAYER:
            state[f"layers.{layer[1]}.{_LAYER[layer[2]]}.{_LEAF[layer[3]]}"] = values
    return state


def _split_attention(
    state: dict[str, NDArray[np.float32]], prefix: str, leaf: str, joined: NDArray[np.float32]
) -> None:
    for name, piece in zip("qkv", np.split(joined, 3), strict=True):
        if name == "k" and leaf == "bias":
            continue  # Whisper's key projection has no bias; CTranslate2 writes zeros for it
        state[f"{prefix}.{name}_proj.{leaf}"] = piece
