"""Mel-frequency cepstral coefficients (Davis & Mermelstein, 1980) with deltas: nothing is learnt."""

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
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard

_DELTA = 9  # frames a slope is fitted to


class Settings(Card):
    """``window`` and ``hop`` in samples, ``mels`` filters, ``cepstra`` kept, ``deltas`` orders."""

    window: int = Field(default=400, ge=16)
    hop: int = Field(default=160, ge=1)
    mels: int = Field(default=40, ge=2)
    cepstra: int = Field(default=13, ge=1)
    deltas: int = Field(default=2, ge=0, le=2)
    floor: float = Field(default=1e-10, gt=0)


class Mfcc:
    """Orthonormal DCT-II of mel energies in dB, then their slopes and the slopes' slopes."""

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

        chosen = self._settings
        spectrum = torch.stft(
            waveform, chosen.window, chosen.hop, window=self._window, center=True,
            pad_mode="constant", return_complex=True,
        )  # fmt: skip
        energies = self._filters @ spectrum.abs().square().double().numpy()
        levels = 10 * np.log10(np.maximum(energies, chosen.floor))
        cepstra = dct(levels, axis=0, norm="ortho")[: chosen.cepstra]
        slopes = [
            savgol_filter(cepstra, _DELTA, order, deriv=order, mode="nearest")
            for order in range(1, chosen.deltas + 1)
        ]
        told = np.concatenate([cepstra, *slopes]).T.astype(np.float32)
        return torch.from_numpy(told).unsqueeze(0)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Mfcc:
    """The coefficients the card describes."""
    placement.only_reference(card.id)
    chosen = Settings.checked(card.settings, f"model '{card.id}', settings")
    if card.width != chosen.cepstra * (1 + chosen.deltas) or chosen.cepstra > chosen.mels:
        raise CardError(
            f"model '{card.id}': {chosen.cepstra} of {chosen.mels} coefficients with "
            f"{chosen.deltas} deltas do not make a width of {card.width}."
        )
    return Mfcc(card.rate, chosen)
