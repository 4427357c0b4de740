"""A plain Transformer encoder on frozen features: what lighter heads are measured against."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from torch import Tensor, nn

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.dropout import FrameDropout
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.positions import sinusoids
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """``blocks`` of ``width`` features with ``heads`` attention heads; ``inner`` neurons between."""

    width: int = Field(default=128, ge=1)
    blocks: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    inner: int = Field(default=256, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Block(nn.Module):
    """Attention and feed-forward layer, each behind a norm and beside a residual path."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width = settings.width
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attention = Attention(width, settings.heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, settings.inner), nn.ReLU(), nn.Linear(settings.inner, width)
        )
        self.dropout = FrameDropout(settings.dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, frames, width], [batch, frames]."""
        values = values + self.dropout(self.attention(self.norms[0](values), mask))
        mixed: Tensor = values + self.dropout(self.feed_forward(self.norms[1](values)))
        return mixed


class Transformer(nn.Module):
    """[batch, frames, width] to [batch, outputs], or to every frame of a series."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        self.series = shape.series
        self.project = nn.Linear(stream.width, settings.width)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.blocks))
        self.out = nn.Sequential(
            nn.LayerNorm(settings.width), nn.Linear(settings.width, shape.outputs)
        )

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        hidden = self.project(frames.values)
        hidden = hidden + sinusoids(*hidden.shape[1:]).to(hidden)
        for block in self.blocks:
            hidden = block(hidden, frames.mask)
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, frames.mask))
        return outputs


HEAD = NetworkHead("transformer", Transformer, Settings)
