"""Self-attention over frames that leaves padding out (Vaswani et al., 2017)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """[batch, frames, width] to the same; every frame attends to every frame that is there.

    Args:
        width: of a frame.
        heads: it is split into so many parts; must divide ``width``.

    Raises:
        ValueError: where it does not.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        self.heads = heads
        self.ask = nn.Linear(width, 3 * width)
        self.gather = nn.Linear(width, width)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [batch, frames] is True where there is a frame."""
        batch, frames, width = values.shape
        parts = self.ask(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        # Without padding there is nothing to mask, and a faster way to attend.
        kept = None if bool(mask.all()) else mask[:, None, None, :]
        attended = functional.scaled_dot_product_attention(query, key, value, kept)
        gathered: Tensor = self.gather(attended.transpose(1, 2).reshape(batch, frames, width))
        return gathered
