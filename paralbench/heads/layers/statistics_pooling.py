"""Attentive statistics pooling, channel by channel (ECAPA-TDNN; Desplanques et al., 2020).

Reimplementation from the published description: every feature weighs the frames for itself, having
heard the whole recording's mean and deviation beside the frame, and what is kept is the weighted mean
and the weighted deviation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

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
        whole = torch.cat([mean, deviation], 2).expand(-1, values.shape[1], -1)
        scores = self.weigh(torch.tanh(self.narrow(torch.cat([values, whole], 2))))
        weights = scores.masked_fill(~there, -torch.inf).softmax(1)
        return torch.cat(_moments(values, weights), 2).squeeze(1)


def _moments(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean and deviation over frames, each [batch, 1, width]."""
    mean = (weights * values).sum(1, keepdim=True)
    variance = (weights * (values - mean).square()).sum(1, keepdim=True)
    return mean, variance.clamp_min(_LEAST).sqrt()
