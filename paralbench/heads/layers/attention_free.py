"""Attention-free blocks: multi-scale depthwise convolution mixes tokens, GEGLU mixes channels.

Reimplementation from the published description (HAFFormer, arXiv 2405.03952; GEGLU: Shazeer, 2020).
Time and memory grow with the number of tokens, not with its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class MultiScaleConvolution(nn.Module):
    """One depthwise convolution a kernel size, summed, then mixed channel by channel.

    A sum of convolutions is a convolution with the sum of their kernels, each in the middle of the
    largest; so it is computed, at the cost of the largest alone.

    Args:
        width: of a token.
        kernels: odd sizes in tokens.
    """

    def __init__(self, width: int, kernels: Sequence[int]) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width) for kernel in kernels
        )
        self.mix = nn.Linear(width, width)

    def kernel(self) -> tuple[Tensor, Tensor]:
        """All scales as one: weight [width, 1, largest kernel] and bias [width]."""
        scales = [cast(nn.Conv1d, scale) for scale in self.scales]
        largest = max(scale.kernel_size[0] for scale in scales)
        weights = [
            functional.pad(scale.weight, ((largest - scale.kernel_size[0]) // 2,) * 2)
            for scale in scales
        ]
        biases = [cast(Tensor, scale.bias) for scale in scales]
        return torch.stack(weights).sum(0), torch.stack(biases).sum(0)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, tokens, width]; tokens outside ``mask`` [batch, tokens] are heard as silence."""
        there = (values * mask[:, :, None]).transpose(1, 2)
        weight, bias = self.kernel()
        heard = functional.conv1d(there, weight, bias, padding="same", groups=len(weight))
        mixed: Tensor = self.mix(heard.transpose(1, 2))
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

    def __init__(self, width: int, kernels: Sequence[int], expand: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.tokens = MultiScaleConvolution(width, kernels)
        self.channels = Geglu(width, expand * width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, tokens, width], [batch, tokens]."""
        values = values + self.dropout(self.tokens(self.norms[0](values), mask))
        mixed: Tensor = values + self.dropout(self.channels(self.norms[1](values)))
        return mixed
