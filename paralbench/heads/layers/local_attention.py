"""Self-attention within a window of neighbours, in memory that grows with frames times window."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from paralbench.heads.layers.attention import Attention

_LEAST = 32
"""Frames that are computed together at least; smaller blocks cost more than they save."""
_SHORT = 128
"""Up to so many frames are computed in one block: the products beyond the window cost less than cutting."""


class LocalAttention(Attention):
    """Every frame attends to the ``window`` frames around it that are present, itself among them.

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
        if frames <= _SHORT:
            return self._in_one_block(values, mask)
        side, block = self.window // 2, max(self.window, _LEAST)
        short = -frames % block
        parts = self.ask(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        # [batch, blocks, heads, frames of the block, width of a head]
        query = (
            functional.pad(query, (0, 0, 0, short)).unfold(2, block, block).permute(0, 2, 1, 4, 3)
        )
        key, value = (
            functional.pad(part, (0, 0, side, side + short))
            .unfold(2, block + 2 * side, block)
            .permute(0, 2, 1, 4, 3)
            for part in (key, value)
        )
        present = functional.pad(mask, (side, side + short)).unfold(1, block + 2 * side, block)
        queries = functional.pad(mask, (0, short)).unfold(1, block, block)
        # A frame that is padding attends to all its neighbours: without any its output would be NaN.
        visible = self._near(block, values.device) & (present[:, :, None] | ~queries[..., None])
        mixed = functional.scaled_dot_product_attention(query, key, value, visible[:, :, None])
        mixed = mixed.permute(0, 1, 3, 2, 4).reshape(batch, frames + short, width)[:, :frames]
        gathered: Tensor = self.gather(mixed)
        return gathered

    def _in_one_block(self, values: Tensor, mask: Tensor) -> Tensor:
        batch, frames, width = values.shape
        parts = self.ask(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        place = torch.arange(frames, device=values.device)
        near = (place[:, None] - place).abs() <= self.window // 2
        visible = near & (mask[:, None, :] | ~mask[:, :, None])
        mixed = functional.scaled_dot_product_attention(query, key, value, visible[:, None])
        gathered: Tensor = self.gather(mixed.transpose(1, 2).reshape(batch, frames, width))
        return gathered

    def _near(self, block: int, device: torch.device) -> Tensor:
        """[frames of a block, frames it sees]: which are within the window."""
        offset = torch.arange(block + self.window - 1, device=device) - torch.arange(
            block, device=device
        ).unsqueeze(1)
        return (offset >= 0) & (offset < self.window)
