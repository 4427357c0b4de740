"""Whisper's encoder (Radford et al., 2022), computed by transformers' modules.

A clip is encoded at its own length, or, with ``padding = "window"`` on the card, padded with silence
to the window, which was 30 s in training. The two outputs differ, so the choice is part of the
features' key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from paralbench.encoders import architectures
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.hidden_states import WhisperLayers
from paralbench.encoders.model_inputs import WhisperMel
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard


class Whisper:
    """Hidden states: the embedded input, each layer's output, the last one normalised."""

    def __init__(self, encoder: Any, card: ModelCard, placement: Placement) -> None:
        seconds = card.policy.window if card.policy.padding == "window" else None
        self.log_mel = WhisperMel(encoder.config.num_mel_bins, card.rate, seconds)
        example = torch.zeros(1, self.log_mel.bands, 200)
        self.forward = running(WhisperLayers(encoder), example, placement, card.id)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers + 1, frames, width] at 50 Hz for each waveform of at most 30 s."""
        return [self.forward(self.log_mel(waveform)) for waveform in waveforms]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Whisper:
    """The encoder with its weights from a folder of safetensors."""
    if weights.path is None or weights.format != "safetensors":
        raise CardError(f"model '{card.id}': Whisper cannot be read from '{weights.format}'.")
    architecture = architectures.architecture(weights.path)
    if architecture is not architectures.ARCHITECTURES["whisper"]:
        raise CardError(f"model '{card.id}': {weights.path} holds another model than Whisper.")
    config = architectures.configuration(weights.path, architecture)
    return Whisper(architectures.load(weights.path, architecture, config), card, placement)
