"""Attentive statistics pooling, channel by channel (ECAPA-TDNN; Desplanques et al., 2020).

Reimplementation from the published description: each feature weighs the frames by the frame and the
recording's mean and deviation, and is reduced to its weighted mean and weighted deviation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

_LEAST = 1e-6


class StatisticsPooling(nn.Module):
    """[batch, frames, width] to [batch, 2 * width].

    Args:
        width: of a frame.
        bottleneck: neurons between the frame and its weights.
    """

    def __init__(self, width: int, bottleneck: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(3 * width, bottleneck)
        self.weigh = nn.Linear(bottleneck, width)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Frames outside ``mask`` [batch, frames] count for nothing."""
        there = mask[:, :, None]
        share = there / there.sum(1, keepdim=True).clamp_min(1)
        mean, deviation = _moments(values, share)
        # The recording's part of the map is computed once, and not with every frame.
        width = values.shape[2]
        of_frame, of_recording = self.narrow.weight[:, :width], self.narrow.weight[:, width:]
        recording = linear(torch.cat([mean, deviation], 2), of_recording, self.narrow.bias)
        scores = self.weigh(torch.tanh(linear(values, of_frame) + recording))
        weights = scores.masked_fill(~there, -torch.inf).softmax(1)
        return torch.cat(_moments(values, weights), 2).squeeze(1)


def _moments(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean and deviation over frames, each [batch, 1, width]."""
    mean = (weights * values).sum(1, keepdim=True)
    variance = (weights * (values - mean).square()).sum(1, keepdim=True)
    return mean, variance.clamp_min(_LEAST).sqrt()
