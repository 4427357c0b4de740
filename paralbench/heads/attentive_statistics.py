"""Attentive statistics pooling with one linear layer: what of a recording matters is learnt.

The pooling of ECAPA-TDNN (Desplanques et al., 2020; reimplementation from the published description)
on frames of a frozen encoder, projected first.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from torch import Tensor, nn

from paralbench.heads.layers.statistics_pooling import StatisticsPooling
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """Frames are projected to ``hidden``, weighed through ``bottleneck`` neurons."""

    hidden: int = Field(default=128, ge=1)
    bottleneck: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)


class AttentiveStatistics(nn.Module):
    """[batch, frames, width] to [batch, outputs]."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        self.project = nn.Sequential(nn.Linear(stream.width, settings.hidden), nn.ReLU())
        self.pool = StatisticsPooling(settings.hidden, settings.bottleneck)
        self.out = nn.Sequential(
            nn.LayerNorm(2 * settings.hidden),
            nn.Dropout(settings.dropout),
            nn.Linear(2 * settings.hidden, shape.outputs),
        )

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        outputs: Tensor = self.out(self.pool(self.project(frames.values), frames.mask))
        return outputs


# A series has one output a step: there is nothing to pool.
HEAD = NetworkHead(
    "attentive-statistics",
    AttentiveStatistics,
    Settings,
    targets=frozenset({"class", "distribution", "number"}),
)
