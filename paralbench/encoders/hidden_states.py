"""Models of transformers as modules whose output is all their hidden states.

Hidden states are the first layer's input and each layer's output: transformers'
``output_hidden_states``. :func:`paralbench.encoders.running.running` computes the modules.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class AllLayers(nn.Module):
    """A model of transformers, from its input [1, ...] to [layers, frames, width]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        """Hidden states of one input."""
        return torch.cat(self.model(inputs, output_hidden_states=True).hidden_states)


class WhisperLayers(nn.Module):
    """Whisper's encoder at any length up to 30 s, with the first positions; the last state is
    normalised. transformers' own accepts 30 s only."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, log_mel: Tensor) -> Tensor:
        """Hidden states [layers, frames, width] of a log-mel [1, bands, frames * 2]."""
        encoder = self.encoder
        hidden = functional.gelu(encoder.conv1(log_mel))
        hidden = functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        states = [hidden]
        for layer in encoder.layers:
            hidden = layer(hidden, None)
            states.append(hidden)
        states[-1] = encoder.layer_norm(hidden)
        return torch.cat(states)


class Rotation(nn.Module):
    """Rotary positions of Wav2Vec2-Conformer without a cache, which threads would share."""

    frequencies: Tensor

    def __init__(self, frequencies: Tensor) -> None:
        super().__init__()
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Cosines and sines [2, frames, 1, 1, head width] for hidden states [1, frames, width]."""
        steps = torch.arange(hidden.shape[1], device=hidden.device).type_as(self.frequencies)
        angles = torch.cat([steps[:, None] * self.frequencies] * 2, dim=-1)[:, None, None, :]
        return torch.stack([angles.cos(), angles.sin()]).type_as(hidden)
