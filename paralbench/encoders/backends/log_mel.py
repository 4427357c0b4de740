"""Log-mel energies: no weights, no learning; what every encoder has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from pydantic import Field

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank
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
        self._settings = settings
        self._window = torch.hann_window(settings.window)
        filters = filterbank(card.rate, settings.window, card.width)
        self._filters = torch.from_numpy(filters.astype(np.float32))

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1 + samples // hop, mels] for each waveform."""
        return [self._encode(torch.from_numpy(waveform)) for waveform in waveforms]

    def _encode(self, waveform: torch.Tensor) -> HiddenStates:
        chosen = self._settings
        spectrum = torch.stft(
            waveform, chosen.window, chosen.hop, window=self._window, center=True,
            pad_mode="constant", return_complex=True,
        )  # fmt: skip
        energies = spectrum.abs().square().T @ self._filters.T
        return energies.clamp_min(chosen.floor).log().unsqueeze(0)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> LogMel:
    """The encoder the card describes."""
    placement.only_reference(card.id)
    return LogMel(card, Settings.checked(card.settings, f"model '{card.id}', settings"))
