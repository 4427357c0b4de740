"""Cross-attention of GRATIS: one head, query and key half as wide as the features.

Reimplementation from the published description (Song et al., 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CrossAttention(nn.Module):
    """[..., asking, width] listens to [..., heard, width]: [..., asking, width].

    Query and key are ``width / 2`` wide and scaled by one over its root. They have no bias: the
    key's would change nothing.

    Raises:
        ValueError: for a width that has no half.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        if width % 2:
            raise ValueError(f"a width of {width} has no half for queries and keys")
        self.query = nn.Linear(width, width // 2, bias=False)
        self.key = nn.Linear(width, width // 2, bias=False)
        self.value = nn.Linear(width, width)
        self.scale = (width // 2) ** -0.5

    def forward(self, asking: Tensor, heard: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [..., heard] is True where there is something to hear; somewhere it must be."""
        scores = self.query(asking) @ self.key(heard).transpose(-1, -2) * self.scale
        weights = scores.masked_fill(~mask[..., None, :], -torch.inf).softmax(-1)
        listened: Tensor = weights @ self.value(heard)
        return listened
