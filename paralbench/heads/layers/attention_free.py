"""Attention-free blocks: multi-scale depthwise convolution mixes tokens, GEGLU mixes channels.

Reimplementation from the published description (HAFFormer, arXiv 2405.03952; GEGLU: Shazeer, 2020).
Time and memory grow with the number of tokens, not with its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from paralbench.heads.layers.dropout import FrameDropout

Combination = Literal["concatenate", "gate", "sum", "split"]


class MultiScaleConvolution(nn.Module):
    """One depthwise convolution a kernel size, combined, then mixed channel by channel.

    All sizes are computed as one convolution, each kernel in the middle of the largest, and without
    the taps that would only meet padding.

    Args:
        width: of a token.
        kernels: odd sizes in tokens.
        combination: "concatenate" mixes all scales of all channels; "gate" weighs the scales of a
            channel token by token (softmax); "sum" adds them, which is one convolution with the sum
            of the kernels; "split" gives each size a share of the channels.

    Raises:
        ValueError: where there are more sizes than channels to split.
    """

    def __init__(
        self, width: int, kernels: Sequence[int], combination: Combination = "concatenate"
    ) -> None:
        super().__init__()
        scales = len(kernels)
        if combination == "split" and width < scales:
            raise ValueError(f"{scales} kernel sizes cannot share a width of {width}")
        self.combination, self.largest = combination, max(kernels)
        shares = [width] * scales
        if combination == "split":
            shares = [width * (k + 1) // scales - width * k // scales for k in range(scales)]
        self.scales = nn.ModuleList(
            nn.Conv1d(share, share, kernel, padding=kernel // 2, groups=share)
            for share, kernel in zip(shares, kernels, strict=True)
        )
        self.gate = nn.Linear(width, scales * width) if combination == "gate" else None
        self.mix = nn.Linear(scales * width if combination == "concatenate" else width, width)

    def kernel(self) -> tuple[Tensor, Tensor]:
        """All scales as one: weight [outputs, 1, largest kernel] and bias [outputs]."""
        weights, biases = [], []
        for scale in self.scales:
            weight, bias = cast(Tensor, scale.weight), cast(Tensor, scale.bias)
            weights.append(functional.pad(weight, ((self.largest - weight.shape[2]) // 2,) * 2))
            biases.append(bias)
        if self.combination == "split":
            return torch.cat(weights), torch.cat(biases)
        weight, bias = torch.stack(weights, 1), torch.stack(biases, 1)
        if self.combination == "sum":
            return weight.sum(1), bias.sum(1)
        return weight.flatten(0, 1), bias.flatten()

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, tokens, width]; tokens outside ``mask`` [batch, tokens] count as zeros."""
        tokens, width = values.shape[1:]
        weight, bias = self.kernel()
        middle, reach = self.largest // 2, min(self.largest // 2, tokens - 1)
        weight = weight[:, :, middle - reach : middle + reach + 1]
        inputs = (values * mask[:, :, None]).transpose(1, 2)
        convolved = functional.conv1d(inputs, weight, bias, padding=reach, groups=width)
        convolved = convolved.transpose(1, 2)
        if self.gate is not None:
            scales = len(values), tokens, width, len(self.scales)
            shares = self.gate(values).view(scales).softmax(3)
            convolved = (convolved.reshape(scales) * shares).sum(3)
        mixed: Tensor = self.mix(convolved)
        return mixed


class Geglu(nn.Module):
    """(x V) * gelu(x W), then back: [..., width] to [..., width]."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.spread = nn.Linear(width, 2 * inner)
        self.gather = nn.Linear(inner, width)

    def forward(self, values: Tensor) -> Tensor:
        """Token by token."""
        passed, gate = self.spread(values).chunk(2, -1)
        gathered: Tensor = self.gather(passed * functional.gelu(gate))
        return gathered


class AttentionFreeBlock(nn.Module):
    """Both, each behind a norm and beside a residual path."""

    def __init__(
        self,
        width: int,
        kernels: Sequence[int],
        expand: int,
        dropout: float,
        combination: Combination = "concatenate",
    ) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.tokens = MultiScaleConvolution(width, kernels, combination)
        self.channels = Geglu(width, expand * width)
        self.dropout = FrameDropout(dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, tokens, width], [batch, tokens]."""
        values = values + self.dropout(self.tokens(self.norms[0](values), mask))
        mixed: Tensor = values + self.dropout(self.channels(self.norms[1](values)))
        return mixed
