"""Frames of whole recordings, regrouped by utterance and back: the hierarchy a dialogue has."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Utterances:
    """All utterances of a batch behind each other.

    Args:
        values: [utterances, frames, width], zero behind an utterance's end.
        mask: [utterances, frames].
        example: [utterances], which recording of the batch each is of.
    """

    values: Tensor
    mask: Tensor
    example: Tensor

    def dialogues(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """One token an utterance [utterances, width] to [batch, utterances, width] and its mask."""
        return _grouped(tokens, self.example)


def utterances(values: Tensor, mask: Tensor, clip: Tensor) -> Utterances:
    """Regroup [batch, frames, width] by recording and clip; see :class:`Frames` for the others."""
    flat, clips = values[mask], clip[mask]
    examples = torch.nonzero(mask)[:, 0]
    most = int(clips.max()) + 1
    owners, number = torch.unique(examples * most + clips, return_inverse=True)
    grouped, there = _grouped(flat, number)
    return Utterances(grouped, there, torch.div(owners, most, rounding_mode="floor"))


def _grouped(values: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
    """Rows [n, width] of groups 0, 1, ... in order, padded: [groups, longest, width] and its mask."""
    counts = torch.bincount(group)
    longest = int(counts.max())
    starts = counts.cumsum(0) - counts
    within = torch.arange(len(group), device=group.device) - starts[group]
    place = group * longest + within
    padded = values.new_zeros(len(counts) * longest, values.shape[1]).index_copy(0, place, values)
    mask = torch.arange(longest, device=group.device) < counts[:, None]
    return padded.view(len(counts), longest, values.shape[1]), mask
