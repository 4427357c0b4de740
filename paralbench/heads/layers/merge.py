"""Merging: several neighbouring tokens become one, padding left out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Merge(nn.Module):
    """Mean of every ``factor`` tokens, one linear layer, one norm: [batch, tokens / factor, out].

    The last few are averaged over those that are there.
    """

    def __init__(self, width: int, out: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.project = nn.Linear(width, out)
        self.norm = nn.LayerNorm(out)

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, tokens, width] and mask [batch, tokens] to the merged ones."""
        short = -values.shape[1] % self.factor
        values = functional.pad(values * mask[:, :, None], (0, 0, 0, short))
        batch, width = len(values), values.shape[2]
        counted = functional.pad(mask, (0, short)).view(batch, -1, self.factor).sum(2)
        total = values.view(batch, -1, self.factor, width).sum(2)
        mean = total / counted.clamp_min(1)[:, :, None]
        merged: Tensor = self.norm(self.project(mean))
        return merged, torch.gt(counted, 0)
