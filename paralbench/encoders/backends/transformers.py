"""Every architecture of transformers that hears, from a folder of config.json and safetensors.

Hidden states are transformers' own: what enters the first layer, then what each layer gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from paralbench.encoders import architectures
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard


class Settings(Card):
    """``normalise``: the waveform to zero mean and unit variance; preprocessor_config.json says
    where the card does not."""

    normalise: bool | None = None


class AllLayers(nn.Module):
    """A model of transformers whose output is its hidden states, [layers, frames, width]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        """Hidden states of one input [1, ...]."""
        return torch.cat(self.model(inputs, output_hidden_states=True).hidden_states)


class Pretrained:
    """Waveforms one by one at their own length: nothing is padded and nothing can leak."""

    def __init__(self, forward: Forward, normalise: bool) -> None:
        self._forward, self._normalise = forward, normalise

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform."""
        return [self._forward(self._input(waveform)) for waveform in waveforms]

    def _input(self, waveform: Waveform) -> Tensor:
        if self._normalise:
            waveform = (waveform - waveform.mean()) / (waveform.var() + 1e-7) ** 0.5
        return torch.from_numpy(waveform).unsqueeze(0)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Pretrained:
    """The encoder with the weights found."""
    if weights.path is None or weights.format != "safetensors":
        raise CardError(f"model '{card.id}': transformers needs a folder of safetensors.")
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    chosen = architectures.architecture(weights.path)
    config = architectures.configuration(weights.path, chosen)
    model = AllLayers(architectures.load(weights.path, chosen, config))
    example = torch.zeros(1, card.rate)
    forward = running(model, example, placement, card.id)
    return Pretrained(forward, settings.normalise is not False)
