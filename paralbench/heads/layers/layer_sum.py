"""An encoder's layers as one stream: standardised, then summed with learned softmax weights.

SUPERB's featurizer (Yang et al., 2021) after standardisation by the training frames. Training
standardises an example once (:meth:`LayerSum.prepare`) and repeats only what is learned
(:meth:`LayerSum.combine`); the deployed form does both at once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LayerSum(nn.Module):
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
        self.weights = nn.Parameter(torch.zeros(len(mean)), requires_grad=len(mean) > 1)

    def shares(self) -> Tensor:
        """Weight of each layer; they sum to one."""
        return self.weights.softmax(0)

    def prepare(self, values: Tensor) -> Tensor:
        """Everything that is not learned, of one example [layers, frames, width]."""
        return (values - self.mean[:, None]).mul_(self.scale[:, None])

    def combine(self, prepared: Tensor) -> Tensor:
        """The learned sum of prepared examples [batch, layers, frames, width]."""
        layers = prepared.transpose(0, 1)
        if len(layers) == 1:
            return layers[0]
        # One pass over memory, forwards and backwards, where a batch is stored layer by layer.
        return (self.shares() @ layers.flatten(1)).view(layers.shape[1:])

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Zero wherever ``mask`` [batch, frames] has no frame."""
        scale = self.scale * self.shares()[:, None]
        mixed = values[:, 0] * scale[0]
        for layer in range(1, values.shape[1]):
            mixed = torch.addcmul(mixed, values[:, layer], scale[layer])
        return (mixed - (self.mean * scale).sum(0)) * mask[:, :, None]
