"""From an encoder's layers to one stream: standardised, and summed with learned softmax weights.

SUPERB's featurizer (Yang et al., 2021), with statistics of the training frames in front.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Listening(nn.Module):
    """[batch, layers, frames, width] to [batch, frames, width].

    Args:
        mean: of each layer's features over the training frames, [layers, width].
        scale: one over their deviation; 0 where a feature does not vary.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.float())
        self.register_buffer("scale", scale.float())
        self.weights = nn.Parameter(torch.zeros(len(mean)))

    def shares(self) -> Tensor:
        """How much each layer counts, summing to one."""
        return self.weights.softmax(0)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Zero wherever ``mask`` [batch, frames] says that there is no frame."""
        scale = self.scale * self.shares()[:, None]
        mixed = values[:, 0] * scale[0]
        for layer in range(1, values.shape[1]):
            mixed = torch.addcmul(mixed, values[:, layer], scale[layer])
        moved = mixed - (self.mean * scale).sum(0)
        return moved * mask[:, :, None]
