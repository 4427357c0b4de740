"""Self-attention within a window of neighbours, in memory that grows with frames times window."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from paralbench.heads.layers.attention import Attention

_LEAST = 32
"""Frames that are computed together at least; smaller blocks cost more than they save."""


class LocalAttention(Attention):
    """Every frame attends to the ``window`` frames around it that are there, itself among them.

    Frames are cut into blocks; the frames of a block see the block and half a window on each side,
    all but those within their own window masked.

    Args:
        width: of a frame.
        heads: it is split into so many parts; must divide ``width``.
        window: odd, in frames.

    Raises:
        ValueError: for an even window, or heads that do not divide the width.
    """

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__(width, heads)
        if window % 2 == 0:
            raise ValueError(f"a window of {window} frames has no middle; it must be odd")
        self.window = window

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [batch, frames] is True where there is a frame."""
        batch, frames, width = values.shape
        side, block = self.window // 2, max(self.window, _LEAST)
        short = -frames % block
        parts = self.ask(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        # [batch, blocks, heads, frames of the block, width of a head]
        query = (
            functional.pad(query, (0, 0, 0, short)).unfold(2, block, block).permute(0, 2, 1, 4, 3)
        )
        key, value = (
            functional.pad(one, (0, 0, side, side + short))
            .unfold(2, block + 2 * side, block)
            .permute(0, 2, 1, 4, 3)
            for one in (key, value)
        )
        there = functional.pad(mask, (side, side + short)).unfold(1, block + 2 * side, block)
        asks = functional.pad(mask, (0, short)).unfold(1, block, block)
        # A frame that is not there hears all its neighbours: without any its answer would be NaN.
        heard = self._near(block, values.device) & (there[:, :, None] | ~asks[..., None])
        found = functional.scaled_dot_product_attention(query, key, value, heard[:, :, None])
        found = found.permute(0, 1, 3, 2, 4).reshape(batch, frames + short, width)[:, :frames]
        gathered: Tensor = self.gather(found)
        return gathered

    def _near(self, block: int, device: torch.device) -> Tensor:
        """[frames of a block, frames it sees]: which are within the window."""
        apart = torch.arange(block + self.window - 1, device=device) - torch.arange(
            block, device=device
        ).unsqueeze(1)
        return (apart >= 0) & (apart < self.window)
