"""The frames of one encoder that a network reads, and which of them exist."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Frames:
    """A batch of one stream, layers mixed.

    Args:
        values: [batch, frames, width]; zero where there is no frame.
        mask: [batch, frames], True where there is one.
        clip: [batch, frames], the number of the clip (utterance) it is of, 0 first, -1 where none is.
        rate: frames a second; 0 where the encoder gives one frame a clip.
    """

    values: Tensor
    mask: Tensor
    clip: Tensor
    rate: float


@dataclass(frozen=True, slots=True)
class StreamShape:
    """Width and frame rate of one stream, layers mixed."""

    width: int
    rate: float


@dataclass(frozen=True, slots=True)
class Shape:
    """What a network is built for: its streams, and ``outputs`` an example or a step.

    With ``series`` the network answers at every frame, [batch, frames, outputs]; else once an
    example, [batch, outputs].
    """

    streams: tuple[StreamShape, ...]
    outputs: int
    series: bool
