"""Bytes of weights, wherever they lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from paralbench.encoders.weights import WeightsFile
from paralbench.profiler.references import LOG_MEL, WAV2VEC2, references
from paralbench.profiler.size import encoder_size


def test_a_file_a_folder_of_shards_and_drawn_weights(tmp_path: Path) -> None:
    (drawn,) = references()[WAV2VEC2].encoders
    assert encoder_size(drawn) == 4 * 94371712
    (nothing,) = references()[LOG_MEL].encoders
    assert encoder_size(nothing) == 0
    for name, size in {"a.safetensors": 10, "b.safetensors": 20, "config.json": 400}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    shards = replace(nothing, weights=WeightsFile(tmp_path, "safetensors", "", pinned=True))
    assert encoder_size(shards) == 30
    item = WeightsFile(tmp_path / "a.safetensors", "safetensors", "", pinned=True)
    assert encoder_size(replace(nothing, weights=item)) == 10
