"""Frames averaged to a bounded number of segments, so that what compares all with all stays cheap."""

from __future__ import annotations

import torch
from torch import Tensor


def segments(values: Tensor, mask: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Mean of each of at most ``most`` stretches of an example of like length.

    An example with fewer frames keeps them. Time and memory are linear in frames, and padding
    changes nothing.

    Args:
        values: [batch, frames, width].
        mask: [batch, frames], True where there is a frame.
        most: segments an example has at most.

    Returns:
        Segments [batch, segments, width] and which are there, [batch, segments].
    """
    batch, frames, width = values.shape
    count = min(most, frames)
    lengths = mask.sum(1, keepdim=True)
    rank = (mask.cumsum(1) - 1).clamp_min(0)
    place = rank * lengths.clamp_max(count) // lengths.clamp_min(1)
    there = mask.to(values.dtype)
    filled = values.new_zeros(batch, count).scatter_add(1, place, there)
    index = place[:, :, None].expand(-1, -1, width)
    total = values.new_zeros(batch, count, width).scatter_add(1, index, values * there[:, :, None])
    return total / filled.clamp_min(1)[:, :, None], torch.gt(filled, 0)
