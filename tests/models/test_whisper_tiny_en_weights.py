"""The reader of model.bin against a file written here, and against files that are none."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from paralbench.catalog import Catalog
from paralbench.encoders.weights import find
from paralbench.records.errors import ParalbenchError

ADAPTER = Catalog().model("whisper-tiny.en").adapter
RNG = np.random.default_rng(0)
ARRAYS: dict[str, NDArray[Any]] = {
    "encoder/conv1/weight": RNG.normal(size=(4, 3, 3)).astype(np.float16),
    "encoder/layer_0/self_attention/linear_0/weight": RNG.normal(size=(12, 4)).astype(np.float32),
    "encoder/layer_0/self_attention/linear_0/bias": np.arange(12, dtype=np.float32),
    "decoder/embeddings/weight": np.ones((2, 2), np.float32),
}


def model(file: Path, version: int = 6) -> Path:
    def text(words: str) -> bytes:
        return struct.pack("<H", len(words) + 1) + words.encode() + b"\0"

    content = struct.pack("<I", version) + text("WhisperSpec") + struct.pack("<II", 3, len(ARRAYS))
    for name, array in ARRAYS.items():
        kind = {np.dtype(np.float32): 0, np.dtype(np.float16): 4}[array.dtype]
        content += text(name) + struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        content += struct.pack("<BI", kind, array.nbytes) + array.tobytes()
    file.write_bytes(content)
    return file


def test_arrays_come_back(tmp_path: Path) -> None:
    result = ADAPTER.arrays(model(tmp_path / "model.bin"))
    assert result.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(result[name], array)


def test_joined_attention_is_split(tmp_path: Path) -> None:
    state = ADAPTER.encoder_arrays(model(tmp_path / "model.bin"))
    joined = ARRAYS["encoder/layer_0/self_attention/linear_0/weight"]
    assert np.array_equal(state["layers.0.self_attn.k_proj.weight"], joined[4:8])
    assert np.array_equal(state["layers.0.self_attn.v_proj.bias"], np.arange(8, 12))
    assert "layers.0.self_attn.k_proj.bias" not in state
    assert len(state) == 6


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    file = model(tmp_path / "model.bin")
    content = file.read_bytes()
    for size in range(len(content)):
        file.write_bytes(content[:size])
        with pytest.raises(ParalbenchError, match="not a CTranslate2 model of version 6"):
            ADAPTER.arrays(file)


@pytest.mark.parametrize("content", [b"\x80\x04pickle", b"PK\x03\x04" * 100, b"\xff" * 500])
def test_foreign_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ParalbenchError, match="not a CTranslate2 model"):
        ADAPTER.arrays(tmp_path / "model.bin")


def test_another_version(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match="version 6"):
        ADAPTER.arrays(model(tmp_path / "model.bin", version=5))


@pytest.mark.parametrize(
    "content", [b"", b"\x06\x00\x00\x00", b"not a model at all" * 9, b"\x07\0\0\0" * 30]
)
def test_a_foreign_or_truncated_file_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(content)
    with pytest.raises(ParalbenchError, match=r"model\.bin"):
        ADAPTER.arrays(file)


def test_a_cut_model_is_refused(tmp_path: Path) -> None:
    complete = find(Catalog().model("whisper-tiny.en").card, Path(), {}).path
    assert complete is not None
    cut = tmp_path / "model.bin"
    with complete.open("rb") as file:
        cut.write_bytes(file.read(1_000_000))
    with pytest.raises(ParalbenchError, match="not a CTranslate2 model"):
        ADAPTER.arrays(cut)
