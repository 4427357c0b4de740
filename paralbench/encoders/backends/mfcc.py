"""Mel-frequency cepstral coefficients (Davis & Mermelstein, 1980) with deltas.

The transform and the slopes are scipy's, as in librosa, whose import would add a second to start-up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from pydantic import Field

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank, power_spectrum
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard

_DELTA = 9  # frames to which a slope is fitted


class Settings(Card):
    """``window`` and ``hop`` in samples, ``mels`` filters, ``cepstra`` kept, ``deltas`` orders."""

    window: int = Field(default=400, ge=16)
    hop: int = Field(default=160, ge=1)
    mels: int = Field(default=40, ge=2)
    cepstra: int = Field(default=13, ge=1)
    deltas: int = Field(default=2, ge=0, le=2)
    floor: float = Field(default=1e-10, gt=0)


class Mfcc:
    """Orthonormal DCT-II of mel energies in dB, with first and second deltas."""

    def __init__(self, rate: int, settings: Settings) -> None:
        self._settings = settings
        self._window = torch.hann_window(settings.window)
        self._filters = filterbank(rate, settings.window, settings.mels)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1 + samples // hop, cepstra * (1 + deltas)] for each waveform."""
        return [self._encode(torch.from_numpy(waveform)) for waveform in waveforms]

    def _encode(self, waveform: torch.Tensor) -> HiddenStates:
        from scipy.fft import dct
        from scipy.signal import savgol_filter

        settings = self._settings
        power = power_spectrum(waveform, self._window, settings.hop)
        energies = self._filters @ power.double().numpy()
        levels = 10 * np.log10(np.maximum(energies, settings.floor))
        cepstra = dct(levels, axis=0, norm="ortho")[: settings.cepstra]
        slopes = [
            savgol_filter(cepstra, _DELTA, order, deriv=order, mode="nearest")
            for order in range(1, settings.deltas + 1)
        ]
        coefficients = np.concatenate([cepstra, *slopes]).T.astype(np.float32)
        return torch.from_numpy(coefficients).unsqueeze(0)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Mfcc:
    """The coefficients the card describes."""
    placement.only_reference(card.id)
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    width = settings.cepstra * (1 + settings.deltas)
    if card.width != width or settings.cepstra > settings.mels:
        raise CardError(
            f"model '{card.id}': {settings.cepstra} of {settings.mels} coefficients with "
            f"{settings.deltas} deltas do not make a width of {card.width}."
        )
    return Mfcc(card.rate, settings)
