"""Log-mel energies, the baseline without weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import MelEnergies
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.model_card import ModelCard


class Settings(Card):
    """``window`` and ``hop`` in samples; energies below ``floor`` are raised to it."""

    window: int = Field(default=400, ge=16)
    hop: int = Field(default=160, ge=1)
    floor: float = Field(default=1e-10, gt=0)


class LogMel:
    """Natural logarithm of mel-filtered power spectra, one layer, frames centred on the hop."""

    def __init__(self, card: ModelCard, settings: Settings) -> None:
        self._floor = settings.floor
        self._energies = MelEnergies(card.rate, settings.window, settings.hop, card.width)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1 + samples // hop, mels] for each waveform."""
        energies = [self._energies(torch.from_numpy(waveform)) for waveform in waveforms]
        return [values.clamp_min(self._floor).log().unsqueeze(0) for values in energies]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> LogMel:
    """The encoder the card describes."""
    placement.only_reference(card.id)
    return LogMel(card, Settings.checked(card.settings, f"model '{card.id}', settings"))
