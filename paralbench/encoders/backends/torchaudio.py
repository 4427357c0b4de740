"""torchaudio's wav2vec 2.0, HuBERT, XLS-R and WavLM.

Hidden states are those of ``extract_features``: the output of each Transformer layer, without the
first layer's input. The weights are a pipeline's state dict in safetensors, whose classifier is
ignored. A pipeline that normalises its input has ``normalise = true`` on the card.
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
from paralbench.encoders.state_dict import State, fill
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError
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
        samples = [torch.from_numpy(waveform) for waveform in waveforms]
        if self._normalise:
            samples = [functional.layer_norm(values, values.shape) for values in samples]
        return [self._forward(values.unsqueeze(0)) for values in samples]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Torchaudio:
    """The model the card describes, with its weights."""
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    factory = getattr(compatibility.torchaudio().models, settings.factory)
    try:
        model = factory(**settings.arguments)
    except (TypeError, ValueError) as error:
        raise CardError(f"model '{card.id}': torchaudio's {settings.factory}: {error}") from error
    stride = math.prod(layer.stride for layer in model.feature_extractor.conv_layers)
    if card.frame_rate != card.rate / stride:
        raise CardError(
            f"model '{card.id}': torchaudio gives {card.rate / stride} frames a second, the card "
            f"says {card.frame_rate}."
        )
    fill(model, weights.path, f"torchaudio's model of '{card.id}'", _without_classifier)
    forward = running(_Stacked(model), torch.zeros(1, card.rate), placement, card.id)
    return Torchaudio(forward, settings.normalise)


def _without_classifier(state: State) -> State:
    return {name: tensor for name, tensor in state.items() if not name.startswith("aux.")}
