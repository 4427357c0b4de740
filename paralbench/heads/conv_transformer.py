"""ConvTransformer: a convolutional front that halves the frame rate, then Transformer blocks.

HRF (arXiv 2411.09339) names this backbone and says no more where we could read it, so this is our
reading of the name, and every size is an assumption: projection, ``halvings`` convolutions over three
frames with a step of two, sinusoidal positions, pre-norm blocks, mean over frames, one linear layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from torch import Tensor, nn

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.factorised import Factoring
from paralbench.heads.layers.feed_forward import FeedForward
from paralbench.heads.layers.halving import Halving
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.positions import sinusoids
from paralbench.heads.layers.transformer_block import Block
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """``blocks`` of ``width`` features with ``heads`` attention heads; ``inner`` neurons between.

    Attributes:
        halvings: how often the front halves the frame rate; of a series it leaves it as it is.
        hrf: how feed-forward layers train factorised; "hrf-conv-transformer" sets it and trains
            the plain control beside.
    """

    width: int = Field(default=128, ge=1)
    halvings: int = Field(default=2, ge=0, le=4)
    blocks: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    inner: int = Field(default=256, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    hrf: Factoring | None = None


class ConvTransformer(nn.Module):
    """[batch, frames, width] to [batch, outputs], or to every frame of a series."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        width = settings.width
        self.series = shape.series
        self.front = Halving(stream.width, width, settings.halvings, keep=shape.series)
        self.blocks = nn.ModuleList(_block(settings) for _ in range(settings.blocks))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, shape.outputs))

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        hidden, mask = self.front(frames.values, frames.mask)
        hidden = hidden + sinusoids(*hidden.shape[1:]).to(hidden)
        for block in self.blocks:
            hidden = block(hidden, mask)
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, mask))
        return outputs


def _block(settings: Settings) -> Block:
    width, dropout = settings.width, settings.dropout
    feed_forward = FeedForward(width, settings.inner, nn.ReLU(), dropout, settings.hrf)
    return Block(width, Attention(width, settings.heads), feed_forward, dropout)


HEAD = NetworkHead("conv-transformer", ConvTransformer, Settings)
