"""One Transformer block (Vaswani et al., 2017): attention and feed-forward network on residual paths."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from paralbench.heads.layers.dropout import FrameDropout


class Block(nn.Module):
    """[batch, frames, width] to the same.

    Args:
        width: of a frame.
        attention: a module of values and mask.
        feed_forward: a module of values.
        dropout: behind each of the two.
        norm: before each of the two (pre-norm), or after its sum with the residual path (post-norm).
    """

    def __init__(
        self,
        width: int,
        attention: nn.Module,
        feed_forward: nn.Module,
        dropout: float,
        norm: Literal["before", "after"] = "before",
    ) -> None:
        super().__init__()
        self.before = norm == "before"
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attention = attention
        self.feed_forward = feed_forward
        self.dropout = FrameDropout(dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [batch, frames] is True where there is a frame."""
        attend, feed = self.norms
        if self.before:
            values = values + self.dropout(self.attention(attend(values), mask))
            values = values + self.dropout(self.feed_forward(feed(values)))
        else:
            values = attend(values + self.dropout(self.attention(values, mask)))
            values = feed(values + self.dropout(self.feed_forward(values)))
        return values
