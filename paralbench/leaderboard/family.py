"""The family of a model: what the points of a chart are coloured by."""

from __future__ import annotations

from paralbench.records.result import Model

_BEGINNINGS = (
    ("wav2vec 2.0 and kin", ("wav2vec2", "w2v-bert", "unispeech", "data2vec")),
    ("HuBERT and WavLM", ("hubert", "wavlm")),
    ("Whisper", ("whisper", "moonshine")),
    ("speaker encoder", ("campplus", "ge2e", "ecapa", "xvector")),
)
FEATURES, OTHER, FUSED = "acoustic features", "other network", "several models"
FAMILIES = (FEATURES, *(name for name, _ in _BEGINNINGS), OTHER, FUSED)
"""All families, in the order of their colours."""


def family(model: Model) -> str:
    """The family by the beginning of a model's id; what has no parameters is acoustic features."""
    if model.streams:
        return FUSED
    if not model.parameters:
        return FEATURES
    return next(
        (name for name, begins in _BEGINNINGS if model.id.lower().startswith(begins)), OTHER
    )
