"""emotion2vec: data2vec 2.0's audio encoder, reimplemented from the published description.

Baevski et al.: Efficient self-supervised learning with contextualized target representations for
vision, speech and language (data2vec 2.0), 2022. Ma et al.: emotion2vec, 2023. A wav2vec 2.0
convolutional extractor with layer norm, a stack of positional convolutions, learnt extra tokens in
front, and post-norm Transformer blocks with ALiBi (Press et al., 2022) in both directions, scaled by
a learnt factor a head. The decoder and all else that only serves pre-training is left out.

The weights' names are those of the published checkpoints, in safetensors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.state_dict import State, fill
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard

Count = Annotated[int, Field(ge=1)]

_WAV2VEC = ((512, 10, 5), *((512, 3, 2),) * 4, *((512, 2, 2),) * 2)
_NAMES = (
    (r"local_encoder\.conv_layers\.(\d+)\.0\.", r"extractor.\1.convolution."),
    (r"local_encoder\.conv_layers\.(\d+)\.2\.1\.", r"extractor.\1.norm."),
    (r"project_features\.1\.", "project.0."),
    (r"project_features\.2\.", "project.1."),
    (r"relative_positional_encoder\.(\d+)\.0\.", r"positions.\1."),
    (r"context_encoder\.blocks\.", "context."),
    (r"context_encoder\.norm\.", "norm."),
    (r"(blocks\.|extra_tokens$|alibi_scale$)", r"\1"),
)


class Settings(Card):
    """Sizes, by default those of emotion2vec base.

    ``context_blocks`` (the "prenet") come before ``blocks``; ``convolutions`` are channels, kernel
    and stride of each; ``position_width`` is shared out among ``position_layers``; ``normalise``
    gives each clip mean 0 and variance 1.
    """

    heads: Count = 12
    context_blocks: int = Field(default=4, ge=0)
    blocks: Count = 8
    mlp_ratio: float = Field(default=4.0, gt=0)
    convolutions: tuple[tuple[Count, Count, Count], ...] = _WAV2VEC
    position_layers: Count = 5
    position_width: Count = 95
    position_groups: Count = 16
    extra_tokens: int = Field(default=10, ge=0)
    alibi: bool = True
    alibi_scale_per_head: bool = True
    alibi_scale_per_layer: bool = False
    normalise: bool = True


def alibi_slopes(heads: int) -> list[float]:
    """ALiBi's slope of each head: 2^(-8/n), 2^(-16/n), ... for n a power of two.

    For other numbers those of the next smaller power, then every second one of the next greater.
    """
    power = 1 << (heads.bit_length() - 1)
    slopes = [2.0 ** (-8 * (head + 1) / power) for head in range(power)]
    return slopes if power == heads else slopes + alibi_slopes(2 * power)[::2][: heads - power]


class _Convolution(nn.Module):
    """One layer of the extractor, [batch, channels, time]."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels, out, kernel, stride, bias=False)
        self.norm = nn.LayerNorm(out)

    def forward(self, values: Tensor) -> Tensor:
        normed: Tensor = self.norm(self.convolution(values).transpose(1, 2))
        return functional.gelu(normed.transpose(1, 2))


class _Attention(nn.Module):
    """Self-attention with an additive bias [1, heads, frames, frames]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, values: Tensor, bias: Tensor | None) -> Tensor:
        batch, frames, width = values.shape
        split = self.qkv(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind()
        mask = None if bias is None else bias.to(query.dtype)
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        joined: Tensor = self.proj(attended.transpose(1, 2).reshape(batch, frames, width))
        return joined


class _Block(nn.Module):
    """A post-norm Transformer block."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.attn = _Attention(width, heads)
        self.norm1 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, inner), "fc2": nn.Linear(inner, width)})
        self.norm2 = nn.LayerNorm(width)

    def forward(self, values: Tensor, bias: Tensor | None) -> Tensor:
        values = self.norm1(values + self.attn(values, bias))
        inner = functional.gelu(self.mlp["fc1"](values))
        out: Tensor = self.norm2(values + self.mlp["fc2"](inner))
        return out


class Network(nn.Module):
    """Waveform [1, samples] to [1 + context_blocks + blocks, frames, width].

    The first state is the first block's input; the extra tokens are in none of them.
    """

    slopes: Tensor

    def __init__(self, sizes: Settings, width: int) -> None:
        super().__init__()
        channels = [1, *(out for out, _, _ in sizes.convolutions)]
        self.extractor = nn.ModuleList(
            _Convolution(before, *layer)
            for before, layer in zip(channels[:-1], sizes.convolutions, strict=True)
        )
        self.project = nn.Sequential(nn.LayerNorm(channels[-1]), nn.Linear(channels[-1], width))
        kernel = max(3, sizes.position_width // sizes.position_layers)
        self.positions = nn.ModuleDict(
            {
                str(number): nn.Conv1d(
                    width, width, kernel, padding=kernel // 2, groups=sizes.position_groups
                )
                for number in range(1, sizes.position_layers + 1)
            }
        )
        self.norm = nn.LayerNorm(width)
        inner = int(width * sizes.mlp_ratio)
        self.context = nn.ModuleList(
            _Block(width, sizes.heads, inner) for _ in range(sizes.context_blocks)
        )
        self.blocks = nn.ModuleList(_Block(width, sizes.heads, inner) for _ in range(sizes.blocks))
        if sizes.extra_tokens:
            self.extra_tokens = nn.Parameter(torch.zeros(1, sizes.extra_tokens, width))
        if sizes.alibi:
            layers = sizes.context_blocks + sizes.blocks if sizes.alibi_scale_per_layer else 1
            heads = sizes.heads if sizes.alibi_scale_per_head else 1
            self.alibi_scale = nn.Parameter(torch.ones(layers, 1, heads, 1, 1))
        self.register_buffer("slopes", torch.tensor(alibi_slopes(sizes.heads)), persistent=False)
        self._sizes = sizes

    def forward(self, waveform: Tensor) -> Tensor:
        local = waveform.unsqueeze(1)
        for layer in self.extractor:
            local = layer(local)
        values = self.project(local.transpose(1, 2))
        values = values + self._position(values)
        biases = self._biases(values.shape[1])
        extra = self._sizes.extra_tokens
        if extra:
            values = torch.cat([self.extra_tokens.expand(values.shape[0], -1, -1), values], dim=1)
        states = [self.norm(values)]
        for number, block in enumerate([*self.context, *self.blocks]):
            states.append(block(states[-1], biases[number % len(biases)]))
        return torch.cat(states)[:, extra:]

    def _position(self, values: Tensor) -> Tensor:
        frames, width = values.shape[1:]
        position = values.transpose(1, 2)
        for convolution in self.positions.values():
            position = convolution(position)[..., :frames]  # an even kernel makes one too many
            normed = functional.layer_norm(position.transpose(1, 2), (width,))
            position = functional.gelu(normed.transpose(1, 2))
        return position.transpose(1, 2)

    def _biases(self, frames: int) -> Sequence[Tensor | None]:
        """The bias of each block, or the one that all share; extra tokens are near everything."""
        if not self._sizes.alibi:
            return [None]
        at = torch.arange(frames, device=self.slopes.device)
        distance = (at.unsqueeze(0) - at.unsqueeze(1)).abs()
        extra = self._sizes.extra_tokens
        bias = functional.pad(-distance * self.slopes[:, None, None], (extra, 0, extra, 0))
        return [bias * scale for scale in self.alibi_scale.clamp_min(0).unbind()]


class Data2Vec2:
    """Hidden states of the embedding and of every block."""

    def __init__(self, forward: Forward, normalise: bool) -> None:
        self._forward = forward
        self._normalise = normalise

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1 + blocks, frames, width] for each waveform, each alone."""
        samples = [torch.from_numpy(waveform) for waveform in waveforms]
        if self._normalise:
            samples = [functional.layer_norm(values, values.shape) for values in samples]
        return [self._forward(values.unsqueeze(0)) for values in samples]


def load(weights: Path, card: ModelCard, placement: Placement) -> Data2Vec2:
    """The network the card describes, with its weights."""
    sizes = Settings.checked(card.settings, f"model '{card.id}', settings")
    layers = 1 + sizes.context_blocks + sizes.blocks
    rate = card.rate / math.prod(stride for _, _, stride in sizes.convolutions)
    if (card.layers, card.frame_rate) != (layers, rate):
        raise CardError(
            f"model '{card.id}': its settings make {layers} layers at {rate} frames a second, the "
            f"card says {card.layers} at {card.frame_rate}."
        )
    if card.width % sizes.heads or card.width % sizes.position_groups:
        raise CardError(
            f"model '{card.id}': its width of {card.width} cannot be shared out among "
            f"{sizes.heads} heads and {sizes.position_groups} position groups."
        )
    network = Network(sizes, card.width)
    fill(network, weights, f"data2vec 2.0's weights of '{card.id}'", renamed)
    forward = running(network, torch.zeros(1, card.rate), placement, card.id)
    return Data2Vec2(forward, sizes.normalise)


def renamed(state: State) -> dict[str, Tensor]:
    """A published checkpoint's tensors under this network's names, without the parts for training."""
    ours: dict[str, Tensor] = {}
    for full_name, tensor in state.items():
        name = full_name.removeprefix("d2v_model.").removeprefix("modality_encoders.AUDIO.")
        for pattern, replacement in _NAMES:
            new_name, matches = re.subn(f"^{pattern}", replacement, name)
            if matches:
                ours[new_name] = tensor.float()
    return ours
