"""A Conformer's relative attention a block of queries at a time: the scores of all frames at once take
memory that grows with the square of a recording's length, 4 GB for ten minutes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from paralbench.heads.layers.relative_attention import RelativeAttention, distances

LARGEST = 2**22
"""Scores in memory at once; a recording with fewer is computed as in training."""


class BlockwiseAttention(RelativeAttention):
    """The same attention in blocks, equal up to rounding."""

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [batch, frames] is True where there is a frame."""
        batch, frames, width = values.shape
        if batch * self.heads * frames * (2 * frames - 1) <= LARGEST:
            return super().forward(values, mask)
        parts = self.ask(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        far = self.distance(distances(frames, width).to(values))
        far = far.view(2 * frames - 1, self.heads, -1).permute(1, 2, 0)
        size = max(1, LARGEST // (2 * batch * self.heads * frames))
        attended = torch.empty_like(query)
        for first in range(0, frames, size):
            last = min(first + size, frames)
            asking = query[:, :, first:last]
            # The last query of the block needs the earliest distances, the first the latest.
            near = far[..., frames - last : 2 * frames - 1 - first]
            scores = (asking + self.place) @ near / math.sqrt(far.shape[1])
            placed = _by_key(scores, frames)
            if not bool(mask.all()):
                placed = placed.masked_fill(~mask[:, None, None, :], -torch.inf)
            attended[:, :, first:last] = functional.scaled_dot_product_attention(
                asking + self.content, key, value, placed
            )
        gathered: Tensor = self.gather(attended.transpose(1, 2).reshape(batch, frames, width))
        return gathered


def in_blocks(module: nn.Module) -> None:
    """Make all relative attention below a module blockwise; its parameters stay where they are."""
    for part in module.modules():
        if type(part) is RelativeAttention:
            part.__class__ = BlockwiseAttention


def _by_key(scores: Tensor, frames: int) -> Tensor:
    """[..., queries, frames + queries - 1] by distance to [..., queries, frames] by key."""
    queries = scores.shape[-2]
    rows = scores.flatten(-2)[..., queries - 1 : (queries - 1) * (frames + queries - 1) + frames]
    if queries == 1:
        return rows[..., None, :]
    return rows.unfold(-1, frames, frames + queries - 2)
