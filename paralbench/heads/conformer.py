"""Conformer: attention and convolution between two half-step feed-forward networks.

Reimplementation from the published description (Gulati et al., 2020) as a head on frozen features:
its subsampling front is the one of the ConvTransformer, and a LayerNorm stands in the convolution
module where the paper has BatchNorm (see :class:`ConvolutionModule`). Sizes are assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, field_validator
from torch import Tensor, nn

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.convolution import ConvolutionModule
from paralbench.heads.layers.dropout import FrameDropout
from paralbench.heads.layers.factorised import Factoring
from paralbench.heads.layers.feed_forward import FeedForward
from paralbench.heads.layers.halving import Halving
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.relative_attention import RelativeAttention
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """``blocks`` of ``width`` features with ``heads`` attention heads; ``inner`` neurons between.

    Attributes:
        halvings: how often the front halves the frame rate; of a series it leaves it as it is.
        kernel: of the depthwise convolution, odd, in frames behind the front.
        positions: "relative" as in the paper; "none" leaves order to the convolution alone.
        hrf: how feed-forward layers train factorised; "hrf-conformer" sets it and trains the
            plain control beside.
        hrf_in: which of a block's two feed-forward networks; the paper's choice is not known.
    """

    width: int = Field(default=128, ge=1)
    halvings: int = Field(default=2, ge=0, le=4)
    blocks: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    inner: int = Field(default=256, ge=1)
    kernel: int = Field(default=15, ge=1)
    positions: Literal["relative", "none"] = "relative"
    dropout: float = Field(default=0.1, ge=0, lt=1)
    hrf: Factoring | None = None
    hrf_in: Literal["first", "second", "both"] = "both"

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(
                "a kernel must be odd, so that a frame has as many neighbours each side"
            )
        return kernel


class Block(nn.Module):
    """Half a feed-forward step, attention, convolution, half a feed-forward step, norm."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width = settings.width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(5))
        self.first = _feed_forward(settings, "first")
        relative = settings.positions == "relative"
        self.attention = (RelativeAttention if relative else Attention)(width, settings.heads)
        self.convolution = ConvolutionModule(width, settings.kernel)
        self.second = _feed_forward(settings, "second")
        self.dropout = FrameDropout(settings.dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, frames, width], [batch, frames]."""
        first, attend, convolve, second, last = self.norms
        values = values + 0.5 * self.dropout(self.first(first(values)))
        values = values + self.dropout(self.attention(attend(values), mask))
        values = values + self.dropout(self.convolution(convolve(values), mask))
        values = values + 0.5 * self.dropout(self.second(second(values)))
        normed: Tensor = last(values)
        return normed


class Conformer(nn.Module):
    """[batch, frames, width] to [batch, outputs], or to every frame of a series."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        self.series = shape.series
        self.front = Halving(stream.width, settings.width, settings.halvings, keep=shape.series)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.blocks))
        self.out = nn.Linear(settings.width, shape.outputs)

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        hidden, mask = self.front(frames.values, frames.mask)
        for block in self.blocks:
            hidden = block(hidden, mask)
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, mask))
        return outputs


def _feed_forward(settings: Settings, which: Literal["first", "second"]) -> FeedForward:
    factoring = settings.hrf if settings.hrf_in in ("both", which) else None
    return FeedForward(settings.width, settings.inner, nn.SiLU(), settings.dropout, factoring)


HEAD = NetworkHead("conformer", Conformer, Settings)
