"""Attention-free blocks: multi-scale depthwise convolution mixes tokens, GEGLU mixes channels.

Reimplementation from the published description (HAFFormer, arXiv 2405.03952; GEGLU: Shazeer, 2020).
Time and memory grow with the number of tokens, not with its square.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class MultiScaleConvolution(nn.Module):
    """One depthwise convolution a kernel size, summed, then mixed channel by channel.

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

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, tokens, width]; tokens outside ``mask`` [batch, tokens] are heard as silence."""
        there = (values * mask[:, :, None]).transpose(1, 2)
        heard = torch.stack([scale(there) for scale in self.scales]).sum(0)
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
