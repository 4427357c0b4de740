"""Whisper's encoder (Radford et al., 2022), computed by transformers' own modules.

transformers insists on 30 s of input. Here a clip is heard at its own length: the same convolutions,
the first positions, the same layers; with ``padding = "window"`` on the card it is filled with
silence to 30 s as in training. The two differ, so the choice is part of the features' key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from paralbench.encoders import ctranslate2
from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard

_WINDOW, _HOP = 400, 160
_SECONDS = 30


class Settings(Card):
    """Sizes of the encoder where the weights come without a config.json."""

    mels: int = 80
    heads: int = 6
    inner: int = 1536


class Whisper:
    """Hidden states: the embedded input, each layer's output, the last one normalised."""

    def __init__(self, encoder: Any, card: ModelCard, device: str) -> None:
        self._encoder = encoder.eval().requires_grad_(False).to(device)
        self._device = device
        self._padded = card.policy.padding == "window"
        filters = filterbank(card.rate, _WINDOW, encoder.config.num_mel_bins)
        self._filters = torch.from_numpy(filters.astype(np.float32))
        self._hann = torch.hann_window(_WINDOW)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers + 1, frames, width] at 50 Hz for each waveform of at most 30 s.

        One by one: on a CPU a batch gains nothing, and nothing can leak from a batch mate.
        """
        with torch.inference_mode():
            return [self._forward(self.log_mel(torch.from_numpy(one))) for one in waveforms]

    def log_mel(self, waveform: torch.Tensor) -> torch.Tensor:
        """Whisper's input [mels, frames at 100 Hz], as WhisperFeatureExtractor makes it."""
        if self._padded:
            waveform = functional.pad(waveform, (0, max(0, _SECONDS * 16000 - len(waveform))))
        spectrum = torch.stft(waveform, _WINDOW, _HOP, window=self._hann, return_complex=True)
        energies = self._filters @ spectrum[:, :-1].abs().square()
        levels = energies.clamp_min(1e-10).log10()
        return (levels.clamp_min(float(levels.max()) - 8.0) + 4.0) / 4.0

    def _forward(self, log_mel: torch.Tensor) -> HiddenStates:
        encoder = self._encoder
        hidden = functional.gelu(encoder.conv1(log_mel.unsqueeze(0).to(self._device)))
        hidden = functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        states = [hidden]
        for layer in encoder.layers:
            hidden = layer(hidden, None)
            states.append(hidden)
        states[-1] = encoder.layer_norm(hidden)
        return torch.cat(states).float()


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Whisper:
    """The encoder with the weights found: CTranslate2's file or a folder of safetensors."""
    make_importable()
    from safetensors import SafetensorError
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    placement.only_reference(card.id)
    assert weights.path is not None
    try:
        if weights.format == "ctranslate2-whisper":
            config = _config(card)
            arrays = ctranslate2.whisper_encoder(weights.path)
            state = {name: torch.from_numpy(values) for name, values in arrays.items()}
        elif weights.format == "safetensors":
            config, state = _from_folder(weights)
        else:
            raise CardError(f"model '{card.id}': Whisper cannot be read from '{weights.format}'.")
        encoder = WhisperEncoder(config)
        encoder.load_state_dict(state, strict=True)
    except (SafetensorError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        raise ParalbenchError(
            f"{weights.path}: cannot be read as Whisper's encoder for '{card.id}' ({first})"
        ) from error
    return Whisper(encoder, card, placement.device)


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


def _from_folder(weights: WeightsFile) -> tuple[Any, dict[str, torch.Tensor]]:
    from safetensors.torch import load_file
    from transformers.models.whisper.configuration_whisper import WhisperConfig

    assert weights.path is not None
    config = WhisperConfig.from_pretrained(weights.path, attn_implementation="sdpa")
    prefix = "encoder."
    state = {
        name.split(prefix, 1)[1]: values.float()
        for name, values in load_file(weights.path / "model.safetensors").items()
        if name.removeprefix("model.").startswith(prefix)
    }
    return config, state
