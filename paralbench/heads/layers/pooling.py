"""Frames to one vector, padding left out."""

from __future__ import annotations

from torch import Tensor


def mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the frames that are there: [batch, frames, width], [batch, frames] to [batch, width]."""
    kept = mask[:, :, None].to(values.dtype)
    return (values * kept).sum(1) / kept.sum(1).clamp_min(1)
