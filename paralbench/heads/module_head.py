"""A head over a plain torch module, in five lines.

::

    from torch import nn
    from paralbench.heads.module_head import module_head

    class Mine(nn.Sequential):
        def __init__(self, width, outputs):
            super().__init__(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, outputs))

    HEAD = module_head("mine", Mine)

The module maps [batch, width] to [batch, outputs], without softmax. It is trained as every network is:
layers weighed, inputs standardised, epochs chosen, seeds, and resumable fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from paralbench.features.spec import FeatureSpec
from paralbench.heads.layers.pooling import mean
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """A recipe on pooled mean and deviation."""

    def spec(self) -> FeatureSpec:
        """Pooled records."""
        return FeatureSpec("pooled")


class Pooled(nn.Module):
    """The module on the pooled vector, or on that of every step of a series."""

    def __init__(self, module: nn.Module, series: bool) -> None:
        super().__init__()
        self.module, self.series = module, series

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """[batch, outputs], or [batch, steps, outputs] of a series."""
        (frames,) = streams
        values = frames.values if self.series else mean(frames.values, frames.mask)
        outputs: Tensor = self.module(values)
        return outputs


@dataclass(frozen=True)
class Build:
    """Makes the network for a shape; worker processes get it by name."""

    module: Callable[[int, int], nn.Module]

    def __call__(self, shape: Shape, settings: Any) -> nn.Module:
        """The network."""
        (stream,) = shape.streams
        return Pooled(self.module(stream.width, shape.outputs), shape.series)


def module_head(name: str, module: Callable[[int, int], nn.Module]) -> NetworkHead:
    """A head of a class or function (width, outputs) -> module, defined at a module's top level.

    Args:
        name: the head's.
        module: called with the number of input columns and of outputs.
    """
    return NetworkHead(name, Build(module), Settings)
