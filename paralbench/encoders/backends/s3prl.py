"""s3prl's upstreams (Yang et al.: SUPERB, 2021), computed by s3prl, one clip at a time.

s3prl returns one frame for every started stride: it repeats the last frame where the model gives
fewer, and pads clips shorter than 50 ms with silence. The learnt upstreams are those that read a
folder of safetensors; s3prl's own checkpoints are pickles and are not loaded.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import torch
from torch import Tensor, nn

from paralbench.encoders import compatibility
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.system.third_party_code import first_line

_RATE = 16000
_ARCHITECTURES = {"hf_wav2vec2_custom": "wav2vec2", "hf_hubert_custom": "hubert"}
_TRAINING_ONLY = {"masked_spec_embed"}


class Settings(Card):
    """Which upstream, by s3prl's name; ``normalise`` layer-normalises each hidden state."""

    upstream: Literal[
        "fbank", "fbank_no_cmvn", "mfcc", "mel", "linear", "spectrogram",
        "hf_wav2vec2_custom", "hf_hubert_custom",
    ]  # fmt: skip
    normalise: bool = False


class _Stacked(nn.Module):
    """An upstream as a module from one waveform [1, samples] to [layers, frames, width]."""

    def __init__(self, upstream: Any) -> None:
        super().__init__()
        self.upstream = upstream

    def forward(self, waveform: Tensor) -> Tensor:
        states, _ = self.upstream(waveform, torch.tensor([waveform.shape[1]]))
        return torch.cat(states)


class S3prl:
    """An upstream's hidden states."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, ceil(samples / stride), width] for each waveform."""
        return [self._forward(torch.from_numpy(samples).unsqueeze(0)) for samples in waveforms]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> S3prl:
    """The upstream named on the card, with its weights where it has any."""
    placement.only_reference(card.id)  # s3prl hands audio through numpy: nothing can be traced
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    architecture = _ARCHITECTURES.get(settings.upstream)
    if (architecture is None) != (weights.path is None):
        raise CardError(
            f"model '{card.id}': the upstream '{settings.upstream}' "
            f"{'has no weights, the card names some' if architecture is None else 'needs weights'}."
        )
    toolkit = compatibility.s3prl()
    if architecture is None:
        upstream = _build(toolkit, settings, None)
    else:
        assert weights.path is not None
        _check_folder(weights.path, architecture)
        upstream = _build(toolkit, settings, weights.path)
        _check_complete(upstream.upstream.model, weights.path, architecture)
    _check_card(card, upstream)
    return S3prl(running(_Stacked(upstream), torch.zeros(1, _RATE), placement, card.id))


def _build(toolkit: ModuleType, settings: Settings, folder: Path | None) -> Any:
    path = None if folder is None else str(folder)
    try:
        with _same_randomness():
            return toolkit.S3PRLUpstream(
                settings.upstream, path_or_url=path, normalize=settings.normalise
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise ParalbenchError(
            f"{folder}: s3prl's '{settings.upstream}' cannot be built from it ({first_line(error)})"
        ) from error


@contextmanager
def _same_randomness() -> Iterator[None]:
    """Restore Python's and torch's random state, which s3prl seeds when it builds an upstream."""
    state = random.getstate()
    cuda = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    devices = range(torch.cuda.device_count()) if cuda else ()
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(state)


def _check_folder(folder: Path, architecture: str) -> None:
    """Refuse a folder for which s3prl would download another model's settings."""
    from transformers import Wav2Vec2FeatureExtractor

    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    if kind != architecture:
        raise ParalbenchError(
            f"{folder / 'config.json'}: expected model_type '{architecture}', got '{kind}'."
        )
    try:
        Wav2Vec2FeatureExtractor.from_pretrained(folder)
    except (OSError, ValueError, TypeError) as error:
        raise ParalbenchError(
            f"{folder}: expected preprocessor_config.json as Wav2Vec2FeatureExtractor writes it; "
            f"s3prl would use another model's."
        ) from error


def _check_complete(model: nn.Module, folder: Path, architecture: str) -> None:
    """Refuse weights that lack a tensor: transformers would fill it with random numbers."""
    from safetensors import safe_open

    stored = set()
    for shard in sorted(folder.glob("model*.safetensors")):
        with safe_open(shard, "pt") as file:
            stored.update(file.keys())
    named = {
        name.removeprefix(f"{architecture}.")
        .replace(".weight_g", ".parametrizations.weight.original0")
        .replace(".weight_v", ".parametrizations.weight.original1")
        for name in stored
    }
    missing = sorted(set(model.state_dict()) - named - _TRAINING_ONLY)
    if missing:
        raise ParalbenchError(
            f"{folder}: expected all tensors of '{architecture}', "
            f"{len(missing)} are missing, first '{missing[0]}'."
        )


def _check_card(card: ModelCard, upstream: Any) -> None:
    rates = sorted({_RATE / stride for stride in upstream.downsample_rates})
    if card.rate != _RATE or rates != [card.frame_rate]:
        raise CardError(
            f"model '{card.id}': s3prl takes {_RATE} Hz and gives {rates} frames a second; the "
            f"card says {card.rate} Hz and {card.frame_rate}."
        )
    if upstream.hidden_sizes != [card.width] * card.layers:
        raise CardError(
            f"model '{card.id}': s3prl gives hidden states of widths {upstream.hidden_sizes}; the "
            f"card says {card.layers} of {card.width}."
        )
