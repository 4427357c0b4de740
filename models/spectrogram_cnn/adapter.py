"""A convolutional network over log-mel spectrograms with random weights, which nobody trained.

It replaces DeepSpectrum (Amiriparian et al., 2017), whose image network has its own licence and
weights. Random convolutions keep much of what a spectrogram looks like (Jarrett et al., 2009); they
are a baseline, no foundation model.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import numpy as np
import torch
from pydantic import Field
from torch import nn

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.fbank import FRAME, RATE, fbank
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard, SeededWeights

_QUIET, _SPREAD = -10.0, 5.0
"""Log energies of speech at usual levels lie around here."""


class Settings(Card):
    """``channels`` of each layer, the last the card's width, over so many ``bands``.

    Each layer halves the bands and reaches twice as far in time as the one before it.
    """

    channels: list[int] = Field(default=[16, 32, 64, 128], min_length=1)
    bands: int = Field(default=64, ge=16)


class SpectrogramCnn:
    """A frame every 10 ms: the last layer's channels, averaged over what is left of the bands."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._bands = settings.bands
        random = np.random.default_rng(seed)
        layers: list[nn.Module] = []
        for depth, (before, after) in enumerate(pairwise([1, *settings.channels])):
            layer = nn.Conv2d(
                before, after, 3, stride=(2, 1), padding=(1, 2**depth), dilation=(1, 2**depth),
                bias=False,
            )  # fmt: skip
            weights = random.standard_normal((after, before, 3, 3)) * sqrt(2 / (9 * before))
            layer.weight = nn.Parameter(torch.from_numpy(weights.astype(np.float32)), False)
            layers += [layer, nn.ReLU()]
        self._network = nn.Sequential(*layers).eval()

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1 + samples // hop, width] for each waveform."""
        return [self._encode(waveform) for waveform in waveforms]

    def _encode(self, waveform: Waveform) -> HiddenStates:
        # Silence beyond both ends: frames are centred on multiples of the hop.
        energies = fbank(np.pad(waveform, FRAME // 2), self._bands, "hann", 1.0)
        pictured = (torch.from_numpy(energies).T[None, None] - _QUIET) / _SPREAD
        with torch.inference_mode():
            channels: HiddenStates = self._network(pictured).mean(2)[0]
        return channels.T[None].clone()


def load(card: ModelCard) -> SpectrogramCnn:
    """The network the card describes."""
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    if settings.channels[-1] != card.width or card.rate != RATE:
        raise CardError(
            f"model '{card.id}': expected the last of channels ({settings.channels[-1]}) as width and "
            f"{RATE} Hz, got {card.width} and {card.rate} Hz."
        )
    seeds = [source.seed for source in card.weights if isinstance(source, SeededWeights)]
    if len(seeds) != 1:
        raise CardError(f"model '{card.id}': expected one [[weights]] of kind = \"seeded\".")
    return SpectrogramCnn(settings, seeds[0])
