"""LSTM regressor of AVEC 2019 (Ringeval et al., 2019): two layers that read in one direction.

Reimplementation from the published description: LSTM 64, LSTM 32, dropout 0.1, one linear layer,
RMSprop, 1 - CCC. Where the target is not a series, its outputs are averaged over the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field
from torch import Tensor, nn

from paralbench.heads.layers.dropout import FrameDropout
from paralbench.heads.layers.pooling import mean
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """Cells of each layer, from the first on, and dropout behind each."""

    cells: list[int] = Field(default=[64, 32], min_length=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Lstm(nn.Module):
    """[batch, frames, width] to [batch, outputs], or to every frame of a series.

    It reads forwards only, so what is padded behind a recording changes nothing before it.
    """

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        widths = [stream.width, *settings.cells]
        self.series = shape.series
        self.layers = nn.ModuleList(
            nn.LSTM(before, after, batch_first=True) for before, after in pairwise(widths)
        )
        self.dropout = FrameDropout(settings.dropout)
        self.out = nn.Linear(widths[-1], shape.outputs)

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        hidden = frames.values
        for layer in self.layers:
            hidden = self.dropout(layer(hidden)[0])
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, frames.mask))
        return outputs


HEAD = NetworkHead("lstm", Lstm, Settings)
