"""Dropout that leaves out the same features at every frame (Gal & Ghahramani, 2016)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class FrameDropout(nn.Dropout):
    """[batch, ..., frames, width] to the same, with one mask for all frames of an example.

    A mask that is drawn for each frame averages out where frames are pooled, and drawing it takes
    longer on a CPU than the matrix product before it.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Rows [batch, width] have a mask each."""
        if not self.training or not self.p:
            return values
        if values.dim() < 3:
            return functional.dropout(values, self.p)
        mask = functional.dropout(values.new_ones(*values.shape[:-2], 1, values.shape[-1]), self.p)
        return values * mask
