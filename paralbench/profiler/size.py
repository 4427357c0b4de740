"""Size of an encoder's weights on disk."""

from __future__ import annotations

from pathlib import Path

from paralbench.encoders.loading import LoadableEncoder

_WEIGHTS = ("*.safetensors", "*.bin", "*.onnx")


def encoder_size(encoder: LoadableEncoder) -> int:
    """Bytes of the weights' file, or of all weights below their folder.

    Weights that are drawn and stored nowhere count as float32.
    """
    place: Path | None = encoder.weights.path
    if place is None:
        return 4 * encoder.card.parameters
    if place.is_file():
        return place.stat().st_size
    files = {file for kind in _WEIGHTS for file in place.rglob(kind)}
    return sum(file.stat().st_size for file in files)
