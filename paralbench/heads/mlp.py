"""Pooled MLP: layers weighed, two layers of neurons on the mean over frames.

The downstream network of EmoBox (Ma et al., 2024; reimplementation from the published description):
Linear, ReLU, mean pool, Linear. Its own order pools between the two; ``pool = "frames"`` does so and
needs frames stored. The default pools first, on mean and deviation, and needs no frame: a hundredth
of the disk and time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from paralbench.features.spec import FeatureSpec
from paralbench.heads.layers.dropout import FrameDropout
from paralbench.heads.layers.pooling import mean
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """``hidden`` neurons, ``dropout`` after them, and where frames are pooled."""

    hidden: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    pool: Literal["first", "frames"] = "first"

    def spec(self) -> FeatureSpec:
        """Pooled records, or frames."""
        return FeatureSpec("pooled") if self.pool == "first" else super().spec()


class Mlp(nn.Module):
    """[batch, frames, width] to [batch, outputs], or to every frame of a series."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        self.series = shape.series
        self.hidden = nn.Sequential(
            nn.Linear(stream.width, settings.hidden), nn.ReLU(), FrameDropout(settings.dropout)
        )
        self.out = nn.Linear(settings.hidden, shape.outputs)

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        hidden = self.hidden(frames.values)
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, frames.mask))
        return outputs


HEAD = NetworkHead("mlp", Mlp, Settings)
