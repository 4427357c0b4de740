"""SpeechFormer: four stages, from frames over phonemes and words to the utterance.

Reimplementation from the published description (Chen et al., 2022) and what is known of the public
code: layers [2, 2, 4, 4], 8 heads, post-norm, ReLU, feed-forward networks that narrow to half the
width, sinusoidal positions in front of the first stage only, classifier d -> d/2 -> d/4 -> outputs.
Windows of 50, 400 and 2000 ms and merges to 50, 250 and 1000 ms are scaled to the encoder's frame
rate (:func:`stages`). Unlike the public code, padding is masked in attention, merges and pooling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field
from torch import Tensor, nn

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.factorised import Factoring
from paralbench.heads.layers.feed_forward import FeedForward
from paralbench.heads.layers.local_attention import LocalAttention
from paralbench.heads.layers.merge import Merge
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.positions import sinusoids
from paralbench.heads.layers.transformer_block import Block
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe

WINDOWS = (0.05, 0.4, 2.0)
"""Seconds that a token attends to in the first three stages; in the last it attends to all."""
MERGES = (0.05, 0.25, 1.0)
"""Seconds between tokens behind each of the first three stages."""
_LEAST_WINDOW = 3


class Settings(Recipe):
    """Sizes; what they were in the paper is known, but for the projection in front.

    Attributes:
        width: features are projected to so many first.
        blocks: of each of the four stages.
        widen: what each merge multiplies the width by: [1, 1, 1] the small model, [1, 1, 2] base.
        hrf: how feed-forward layers train factorised; "hrf-speechformer" sets it and trains the
            plain control beside.
    """

    width: int = Field(default=128, ge=1)
    blocks: tuple[int, int, int, int] = (2, 2, 4, 4)
    heads: int = Field(default=8, ge=1)
    widen: tuple[int, int, int] = (1, 1, 1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    hrf: Factoring | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Tokens that each attends to, odd, 0 for all; and how many are merged behind it, 1 for no merge."""

    window: int
    merge: int


def stages(rate: float, merging: bool = True) -> list[Stage]:
    """The four stages at ``rate`` frames a second.

    A merge takes the number of tokens that comes nearest to its time, halves upwards; the distance
    that it truly comes to counts for what follows. Windows likewise, even ones made odd, and at least
    a token with its two neighbours: with itself alone there is nothing to attend to. Without a
    frame rate (0) every token is a clip: it attends to all, and nothing is merged.
    """
    if not rate:
        return [Stage(0, 1)] * 4
    hop, stages = 1 / rate, []
    for seconds, step in zip(WINDOWS, MERGES, strict=True):
        window = _nearest(seconds / hop)
        merge = max(1, _nearest(step / hop)) if merging else 1
        stages.append(Stage(max(_LEAST_WINDOW, window + (window + 1) % 2), merge))
        hop *= merge
    return [*stages, Stage(0, 1)]


class SpeechFormer(nn.Module):
    """[batch, frames, width] to [batch, outputs].

    A series has an output at every frame, [batch, frames, outputs], without merges: an output repeated
    for a second of steps would not follow what it is to follow. Windows keep their seconds.
    """

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        self.series = shape.series
        width = settings.width
        self.project = nn.Linear(stream.width, width)
        self.stages, self.merges = nn.ModuleList(), nn.ModuleList()
        plan = stages(stream.rate, merging=not shape.series)
        for stage, count, widen in zip(plan, settings.blocks, (*settings.widen, 1), strict=True):
            blocks = (_block(width, stage.window, settings) for _ in range(count))
            self.stages.append(nn.ModuleList(blocks))
            if stage.merge > 1 or widen > 1:
                self.merges.append(Merge(width, widen * width, stage.merge))
            else:
                self.merges.append(nn.Identity())
            width *= widen
        self.out = nn.Sequential(
            nn.Linear(width, width // 2), nn.ReLU(), nn.Dropout(settings.dropout),
            nn.Linear(width // 2, width // 4), nn.ReLU(), nn.Dropout(settings.dropout),
            nn.Linear(width // 4, shape.outputs),
        )  # fmt: skip

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """Masked frames count for nothing."""
        (frames,) = streams
        mask = frames.mask
        hidden = self.project(frames.values)
        hidden = hidden + sinusoids(*hidden.shape[1:]).to(hidden)
        for stage, merge in zip(self.stages, self.merges, strict=True):
            for block in stage.children():
                hidden = block(hidden, mask)
            if isinstance(merge, Merge):
                hidden, mask = merge(hidden, mask)
        outputs: Tensor = self.out(hidden if self.series else mean(hidden, mask))
        return outputs


def _nearest(count: float) -> int:
    """Halves upwards, and quotients of seconds cleaned of their last binary digits."""
    return int(round(count, 6) + 0.5)


def _block(width: int, window: int, settings: Settings) -> Block:
    heads, dropout = settings.heads, settings.dropout
    attention = LocalAttention(width, heads, window) if window else Attention(width, heads)
    feed_forward = FeedForward(width, width // 2, nn.ReLU(), dropout, settings.hrf)
    return Block(width, attention, feed_forward, dropout, norm="after")


HEAD = NetworkHead("speechformer", SpeechFormer, Settings)
