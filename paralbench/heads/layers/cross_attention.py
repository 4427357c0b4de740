"""Cross-attention of GRATIS: one head, query and key half as wide as the features.

Reimplementation from the published description (Song et al., 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CrossAttention(nn.Module):
    """[..., target, width] attends to [..., source, width]: [..., target, width].

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

    def forward(self, target: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [..., source] is True where there is a source; somewhere it must be."""
        scores = self.query(target) @ self.key(source).transpose(-1, -2) * self.scale
        weights = scores.masked_fill(~mask[..., None, :], -torch.inf).softmax(-1)
        attended: Tensor = weights @ self.value(source)
        return attended
