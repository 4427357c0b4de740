"""Merging: several neighbouring tokens become one, padding left out."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Operator = Literal["mean", "max", "concatenate"]


class Merge(nn.Module):
    """Every ``factor`` tokens to one, then a linear layer and a norm: [batch, tokens / factor, out].

    Args:
        width: of a token.
        out: width of a merged token.
        factor: how many tokens become one; the last one has what is left.
        operator: their mean, their maximum, or all of them side by side.
    """

    def __init__(self, width: int, out: int, factor: int, operator: Operator = "mean") -> None:
        super().__init__()
        self.factor, self.operator = factor, operator
        self.project = nn.Linear(factor * width if operator == "concatenate" else width, out)
        self.norm = nn.LayerNorm(out)

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, tokens, width] and mask [batch, tokens] to the merged ones."""
        short = -values.shape[1] % self.factor
        groups = functional.pad(values * mask[:, :, None], (0, 0, 0, short))
        groups = groups.reshape(len(values), -1, self.factor, values.shape[2])
        there = functional.pad(mask, (0, short)).view(len(mask), -1, self.factor)
        counted = there.sum(2)
        if self.operator == "mean":
            joined = groups.sum(2) / counted.clamp_min(1)[:, :, None]
        elif self.operator == "max":
            low = torch.finfo(values.dtype).min
            joined = groups.masked_fill(~there[..., None], low).amax(2)
            joined = joined.masked_fill(counted[:, :, None] == 0, 0.0)
        else:
            joined = groups.flatten(2)
        merged: Tensor = self.norm(self.project(joined))
        return merged, torch.gt(counted, 0)
