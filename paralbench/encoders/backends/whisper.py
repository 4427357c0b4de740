"""Whisper's encoder (Radford et al., 2022), computed by transformers' own modules.

transformers insists on 30 s of input. Here a clip is heard at its own length: the same convolutions,
the first positions, the same layers; with ``padding = "window"`` on the card it is filled with
silence to the window, which was 30 s in training. The two differ, so the choice is part of the features' key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from paralbench.encoders import architectures, ctranslate2
from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.hidden_states import WhisperLayers
from paralbench.encoders.model_inputs import WhisperMel
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard


class Settings(Card):
    """Sizes of the encoder where the weights come without a config.json."""

    mels: int = 80
    heads: int = 6
    inner: int = 1536


class Whisper:
    """Hidden states: the embedded input, each layer's output, the last one normalised."""

    def __init__(self, encoder: Any, card: ModelCard, placement: Placement) -> None:
        seconds = card.policy.window if card.policy.padding == "window" else None
        self.log_mel = WhisperMel(encoder.config.num_mel_bins, card.rate, seconds)
        example = torch.zeros(1, self.log_mel.bands, 200)
        self.forward = running(WhisperLayers(encoder), example, placement, card.id)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers + 1, frames, width] at 50 Hz for each waveform of at most 30 s.

        One by one: on a CPU a batch gains nothing, and nothing can leak from a batch mate.
        """
        return [self.forward(self.log_mel(waveform)) for waveform in waveforms]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Whisper:
    """The encoder with the weights found: CTranslate2's file or a folder of safetensors."""
    assert weights.path is not None
    if weights.format == "ctranslate2-whisper":
        encoder = _converted(card, weights)
    elif weights.format == "safetensors":
        kind = architectures.architecture(weights.path)
        if kind is not architectures.ARCHITECTURES["whisper"]:
            raise CardError(f"model '{card.id}': {weights.path} holds another model than Whisper.")
        config = architectures.configuration(weights.path, kind)
        encoder = architectures.load(weights.path, kind, config)
    else:
        raise CardError(f"model '{card.id}': Whisper cannot be read from '{weights.format}'.")
    return Whisper(encoder, card, placement)


def _converted(card: ModelCard, weights: WeightsFile) -> Any:
    make_importable()
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    assert weights.path is not None
    arrays = ctranslate2.whisper_encoder(weights.path)
    encoder = WhisperEncoder(_config(card))
    try:
        encoder.load_state_dict({name: torch.from_numpy(values) for name, values in arrays.items()})
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise ParalbenchError(
            f"{weights.path}: cannot be read as Whisper's encoder for '{card.id}' ({first})"
        ) from error
    return encoder


def _config(card: ModelCard) -> Any:
    from transformers.models.whisper.configuration_whisper import WhisperConfig

    sizes = Settings.checked(card.settings, f"model '{card.id}', settings")
    return WhisperConfig(
        d_model=card.width,
        encoder_layers=card.layers - 1,
        encoder_attention_heads=sizes.heads,
        encoder_ffn_dim=sizes.inner,
        num_mel_bins=sizes.mels,
        attn_implementation="sdpa",
    )
