"""Feed-forward network of a Transformer block: two linear layers, which may train factorised."""

from __future__ import annotations

from torch import Tensor, nn

from paralbench.heads.layers.dropout import FrameDropout
from paralbench.heads.layers.factorised import Factoring, linear


class FeedForward(nn.Module):
    """[..., width] to [..., inner] and back.

    Args:
        width: of a frame.
        inner: neurons between the two layers.
        activation: what they do.
        dropout: behind the activation.
        factoring: which of the two layers trains as a product, and how; None: both are plain.
    """

    def __init__(
        self,
        width: int,
        inner: int,
        activation: nn.Module,
        dropout: float,
        factoring: Factoring | None = None,
    ) -> None:
        super().__init__()
        first = factoring if factoring and factoring.applies("first") else None
        second = factoring if factoring and factoring.applies("second") else None
        self.spread = linear(width, inner, first)
        self.activation = activation
        self.dropout = FrameDropout(dropout)
        self.gather = linear(inner, width, second)

    def forward(self, values: Tensor) -> Tensor:
        """Frame by frame."""
        gathered: Tensor = self.gather(self.dropout(self.activation(self.spread(values))))
        return gathered
