"""HAFFormer: a hierarchy without attention, from frames over utterances to the dialogue.

Reimplementation from the published description (arXiv 2405.03952). Known: multi-scale depthwise
convolution in attention's place, a GELU-gated linear unit in the feed-forward layer's, three levels,
features projected to a very narrow width (8), AdamW 2e-3, decay 1e-5, batch 8, 80 epochs. Assumed:
kernel sizes and their combination, blocks a level, mean merges, and that the first merge stays
within an utterance while the second makes one token of each. Frame and utterance levels never look
across an utterance's edge, so a recording of any length can be read utterance by utterance
(:meth:`HaffFormer.stream`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from paralbench.heads.layers.attention_free import AttentionFreeBlock, Combination
from paralbench.heads.layers.merge import Merge, Operator
from paralbench.heads.layers.pooling import mean
from paralbench.heads.layers.utterances import utterances
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe


class Settings(Recipe):
    """Sizes, level by level: frames, utterances, dialogue.

    Attributes:
        width: features are projected to so many at once.
        blocks: attention-free blocks of each level.
        kernels: sizes of the convolutions, in tokens of their level.
        combination: of the kernel sizes: "concatenate" and "gate" can use several for one channel,
            "sum" is one kernel in effect, "split" gives each size a share of the channels.
        merge: frames that become one token between the first two levels.
        merge_operator: how: their mean, their maximum, or side by side. The tokens of an utterance,
            whose number varies, become one by their maximum with "max", else by their mean.
        expand: inner width of GEGLU over ``width``.
    """

    width: int = Field(default=8, ge=1)
    blocks: tuple[int, int, int] = (2, 2, 2)
    kernels: list[int] = Field(default=[3, 7, 15, 31], min_length=1)
    combination: Combination = "concatenate"
    merge: int = Field(default=4, ge=1)
    merge_operator: Operator = "mean"
    expand: int = Field(default=2, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)

    @field_validator("kernels")
    @classmethod
    def _odd(cls, kernels: list[int]) -> list[int]:
        if any(kernel < 1 or kernel % 2 == 0 for kernel in kernels):
            raise ValueError(
                "kernel sizes must be odd, so that a token has as many neighbours on each side"
            )
        return kernels


class HaffFormer(nn.Module):
    """[batch, frames, width] with their clips to [batch, outputs]."""

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__()
        (stream,) = shape.streams
        width = settings.width
        self.project = nn.Linear(stream.width, width)
        self.levels = nn.ModuleList(
            nn.ModuleList(
                AttentionFreeBlock(
                    width, settings.kernels, settings.expand, settings.dropout, settings.combination
                )
                for _ in range(blocks)
            )
            for blocks in settings.blocks
        )
        self.merge = Merge(width, width, settings.merge, settings.merge_operator)
        self.maximum = settings.merge_operator == "max"
        self.gather = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, shape.outputs))

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        """All recordings of a batch at once."""
        (frames,) = streams
        narrow = self.project(frames.values)
        parts = utterances(narrow, frames.mask, frames.clip)
        return self._dialogues(*parts.dialogues(self._tokens(parts.values, parts.mask)))

    def stream(self, clips: Iterable[Tensor]) -> Tensor:
        """One recording, utterance by utterance: [frames, width] each, to [outputs].

        No more than one utterance's frames and one token an utterance are ever held.
        """
        tokens = []
        for clip in clips:
            narrow = self.project(clip)[None]
            tokens.append(self._tokens(narrow, torch.ones(narrow.shape[:2], dtype=torch.bool)))
        dialogue = torch.cat(tokens)[None]
        return self._dialogues(dialogue, torch.ones(dialogue.shape[:2], dtype=torch.bool))[0]

    def _tokens(self, values: Tensor, mask: Tensor) -> Tensor:
        """One token an utterance: [utterances, frames, width] to [utterances, width]."""
        frames, within, _ = self.levels
        values = _through(frames, values, mask)
        values, mask = self.merge(values, mask)
        values = _through(within, values, mask)
        highest = values.masked_fill(~mask[:, :, None], -torch.inf).amax(1)
        token: Tensor = self.gather(highest if self.maximum else mean(values, mask))
        return token

    def _dialogues(self, values: Tensor, mask: Tensor) -> Tensor:
        outputs: Tensor = self.out(mean(_through(self.levels[2], values, mask), mask))
        return outputs


def _through(blocks: nn.Module, values: Tensor, mask: Tensor) -> Tensor:
    for block in blocks.children():
        values = block(values, mask)
    return values


# A series has one output a step, and no hierarchy above it.
HEAD = NetworkHead(
    "haffformer", HaffFormer, Settings, targets=frozenset({"class", "distribution", "number"})
)
