"""torchaudio's wav2vec 2.0 family: wav2vec 2.0, HuBERT, XLS-R and WavLM as its pipelines build them.

Hidden states are those of ``extract_features``: the output of each Transformer layer, without the
embedding before the first. The weights are a pipeline's state dict in safetensors; a classifier on
top of it is left out. A pipeline that normalises its input has ``normalise = true`` on the card.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from paralbench.encoders import compatibility
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard


class Settings(Card):
    """A factory of ``torchaudio.models`` with its arguments; ``normalise`` gives each clip mean 0
    and variance 1."""

    factory: Literal[
        "wav2vec2_base", "wav2vec2_large", "wav2vec2_large_lv60k",
        "wav2vec2_xlsr_300m", "wav2vec2_xlsr_1b", "wav2vec2_xlsr_2b", "wav2vec2_model",
        "hubert_base", "hubert_large", "hubert_xlarge",
        "wavlm_base", "wavlm_large", "wavlm_model",
    ]  # fmt: skip
    arguments: dict[str, Any] = Field(default_factory=dict)
    normalise: bool = False


class _Stacked(nn.Module):
    """A model of torchaudio's from one waveform [1, samples] to [layers, frames, width]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, waveform: Tensor) -> Tensor:
        states, _ = self.model.extract_features(waveform)
        return torch.cat(states)


class Torchaudio:
    """Hidden states of every Transformer layer."""

    def __init__(self, forward: Forward, normalise: bool) -> None:
        self._forward = forward
        self._normalise = normalise

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform."""
        return [self._forward(self._input(torch.from_numpy(one))) for one in waveforms]

    def _input(self, waveform: Tensor) -> Tensor:
        heard = functional.layer_norm(waveform, waveform.shape) if self._normalise else waveform
        return heard.unsqueeze(0)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Torchaudio:
    """The model the card describes, with the weights found."""
    chosen = Settings.checked(card.settings, f"model '{card.id}', settings")
    factory = getattr(compatibility.torchaudio().models, chosen.factory)
    try:
        model = factory(**chosen.arguments)
    except (TypeError, ValueError) as error:
        raise CardError(f"model '{card.id}': torchaudio's {chosen.factory}: {error}") from error
    stride = math.prod(layer.stride for layer in model.feature_extractor.conv_layers)
    if card.frame_rate != card.rate / stride:
        raise CardError(
            f"model '{card.id}': torchaudio gives {card.rate / stride} frames a second, the card "
            f"says {card.frame_rate}."
        )
    _fill(model, card, weights)
    forward = running(_Stacked(model), torch.zeros(1, card.rate), placement, card.id)
    return Torchaudio(forward, chosen.normalise)


def _fill(model: nn.Module, card: ModelCard, weights: WeightsFile) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if weights.path is None or weights.format != "safetensors":
        raise CardError(f"model '{card.id}': torchaudio's models need weights in safetensors.")
    path = weights.path
    file = path / "model.safetensors" if path.is_dir() else path
    try:
        state = load_file(file)
        model.load_state_dict({k: v for k, v in state.items() if not k.startswith("aux.")})
    except (SafetensorError, RuntimeError) as error:
        first = " ".join(str(error).split())[:200]
        raise ParalbenchError(
            f"{file}: cannot be read as torchaudio's model of '{card.id}' ({first})"
        ) from error
