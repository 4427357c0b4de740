"""S4D: diagonal state-space layers, for recordings too long to attend to.

Reimplementation from the published description (Gu et al., 2022): each block is a norm, a state-space
layer, GELU and a gated linear unit beside a residual path; their outputs are averaged over frames.
It reads forwards, in time and memory linear in the number of frames.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from paralbench.heads.layers.dropout import FrameDropout
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.state_space import StateSpace
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """``blocks`` of ``width`` features with ``states`` real states each."""

    width: int = Field(default=64, ge=1)
    blocks: int = Field(default=2, ge=1)
    states: int = Field(default=32, ge=2, multiple_of=2)
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Block(nn.Module):
    """[batch, frames, width] to the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(settings.width)
        self.states = StateSpace(settings.width, settings.states)
        self.mix = nn.Linear(settings.width, 2 * settings.width)
        self.dropout = FrameDropout(settings.dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Causal, so nothing needs to be masked."""
        filtered = functional.gelu(self.states(self.norm(values)))
        mixed: Tensor = values + self.dropout(functional.glu(self.mix(filtered), -1))
        return mixed


class S4d(nn.Module):
    """[batch, frames, width] to [batch, outputs], or to every frame of a series."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        self.series = shape.series
        self.project = nn.Linear(stream.width, settings.width)
        self.blocks = nn.Sequential(*(Block(settings) for _ in range(settings.blocks)))
        self.out = nn.Sequential(
            nn.LayerNorm(settings.width), nn.Linear(settings.width, shape.outputs)
        )

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        hidden = self.blocks(self.project(frames.values))
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, frames.mask))
        return outputs


HEAD = NetworkHead("s4d", S4d, Settings)
