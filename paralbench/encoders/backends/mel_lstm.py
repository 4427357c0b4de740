"""LSTMs on mel energies, as speaker verification trains them (Wan et al., 2018, GE2E).

The states start anew every ``partial`` frames, since such networks were trained on pieces of that
length. A quiet clip is raised to ``loudness``, as in training; silence between words is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, ParalbenchError
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
        self._settings = settings
        self._window = torch.hann_window(settings.window)
        filters = filterbank(rate, settings.window, settings.mels)
        self._filters = torch.from_numpy(filters.astype(np.float32))

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, 1 + samples // hop, width] for each waveform."""
        return [self._forward(self.mels(torch.from_numpy(one))) for one in waveforms]

    def mels(self, waveform: Tensor) -> Tensor:
        """Mel energies [1, frames, mels], not their logarithm."""
        chosen = self._settings
        effective = float(waveform.double().square().mean().sqrt())
        wanted = 10 ** (chosen.loudness / 20)
        if 0 < effective < wanted:
            waveform = waveform * (wanted / effective)
        spectrum = torch.stft(
            waveform, chosen.window, chosen.hop, window=self._window, center=True,
            pad_mode="constant", return_complex=True,
        )  # fmt: skip
        return (spectrum.abs().square().T @ self._filters.T).unsqueeze(0)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> MelLstm:
    """The network the card describes, with the weights found."""
    chosen = Settings.checked(card.settings, f"model '{card.id}', settings")
    network = Layers(chosen.mels, card.width, card.layers, chosen.partial)
    _fill(network, card, weights)
    example = torch.zeros(1, chosen.partial, chosen.mels)
    return MelLstm(running(network, example, placement, card.id), card.rate, chosen)


def _fill(network: Layers, card: ModelCard, weights: WeightsFile) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if weights.path is None or weights.format != "safetensors":
        raise CardError(f"model '{card.id}': LSTMs on mel energies need safetensors.")
    file = weights.path / "model.safetensors" if weights.path.is_dir() else weights.path
    try:
        held: dict[str, Any] = load_file(file)
        for index, layer in enumerate(network.layers):
            names = [name for name, _ in layer.named_parameters()]
            told = {name: held[f"lstm.{name.removesuffix('_l0')}_l{index}"] for name in names}
            layer.load_state_dict(told)
    except (SafetensorError, RuntimeError, KeyError) as error:
        first = " ".join(str(error).split())[:200]
        raise ParalbenchError(
            f"{file}: cannot be read as the LSTMs of '{card.id}' ({first})"
        ) from error
