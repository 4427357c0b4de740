"""GE2E (Wan et al., 2018): LSTMs on mel energies, trained for speaker verification.

The states start anew every ``partial`` frames, since such networks were trained on pieces of that
length. A quiet clip is raised to ``loudness``, as in training; silence between words is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import Field
from torch import Tensor, nn

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import MelEnergies
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.state_dict import State, fill
from paralbench.records.card import Card
from paralbench.records.model_card import ModelCard


class Settings(Card):
    """``window`` and ``hop`` in samples, ``partial`` in frames, ``loudness`` in dB of full scale."""

    window: int = Field(default=400, ge=16)
    hop: int = Field(default=160, ge=1)
    mels: int = Field(default=40, ge=1)
    partial: int = Field(default=160, ge=1)
    loudness: float = -30.0


class Layers(nn.Module):
    """One LSTM a layer, so that the states of each can be handed out."""

    def __init__(self, mels: int, width: int, layers: int, partial: int) -> None:
        super().__init__()
        sizes = [mels] + [width] * (layers - 1)
        self.layers = nn.ModuleList(nn.LSTM(size, width, batch_first=True) for size in sizes)
        self.partial = partial

    def forward(self, mels: Tensor) -> Tensor:
        """Mel energies [1, frames, mels] to [layers, frames, width]."""
        return torch.cat([self._piece(piece) for piece in torch.split(mels, self.partial, 1)], 1)

    def _piece(self, hidden: Tensor) -> Tensor:
        states = []
        for layer in self.layers:
            hidden, _ = layer(hidden)
            states.append(hidden)
        return torch.cat(states)


class MelLstm:
    """Hidden states of each LSTM at every frame."""

    def __init__(self, forward: Forward, rate: int, settings: Settings) -> None:
        self._forward = forward
        self._loudness = 10 ** (settings.loudness / 20)
        self._energies = MelEnergies(rate, settings.window, settings.hop, settings.mels)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, 1 + samples // hop, width] for each waveform."""
        return [self._forward(self._mels(torch.from_numpy(waveform))) for waveform in waveforms]

    def _mels(self, waveform: Tensor) -> Tensor:
        """Mel energies [1, frames, mels], not their logarithm."""
        level = float(waveform.double().square().mean().sqrt())
        if 0 < level < self._loudness:
            waveform = waveform * (self._loudness / level)
        return self._energies(waveform).unsqueeze(0)


def load(weights: Path, card: ModelCard, placement: Placement) -> MelLstm:
    """The network the card describes, with its weights."""
    if placement.runtime != "torch":
        placement.only_reference(
            card.id
        )  # the number of pieces depends on the clip: no trace holds
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    network = Layers(settings.mels, card.width, card.layers, settings.partial)
    fill(network, weights, f"the LSTMs of '{card.id}'", renamed)
    example = torch.zeros(1, settings.partial, settings.mels)
    return MelLstm(running(network, example, placement, card.id), card.rate, settings)


def renamed(state: State) -> dict[str, Tensor]:
    """A checkpoint's one LSTM of several layers as several LSTMs of one; its projection is left out."""
    ours = {}
    for name, tensor in state.items():
        if name.startswith("lstm."):
            parameter, _, layer = name.removeprefix("lstm.").rpartition("_l")
            ours[f"layers.{layer}.{parameter}_l0"] = tensor
    return ours
