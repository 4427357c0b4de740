"""Self-attention that knows how far apart two frames are (Dai et al., 2019; as in the Conformer)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from paralbench.heads.layers.attention import Attention
from paralbench.heads.layers.positions import sinusoids


class RelativeAttention(Attention):
    """[batch, frames, width] to the same; scores are (q + u) k + (q + v) r(distance)."""

    undecayed = frozenset({"content", "place"})  # biases, though they have three axes

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.width = width
        self.distance = nn.Linear(width, width, bias=False)
        self.content = nn.Parameter(torch.empty(heads, 1, width // heads))
        self.place = nn.Parameter(torch.empty(heads, 1, width // heads))
        nn.init.xavier_uniform_(self.content)
        nn.init.xavier_uniform_(self.place)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """``mask`` [batch, frames] is True where there is a frame."""
        batch, frames, width = values.shape
        parts = self.ask(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        far = self.distance(distances(frames, width).to(values)).view(
            2 * frames - 1, self.heads, -1
        )
        placed = _shifted((query + self.place) @ far.permute(1, 2, 0)) / math.sqrt(far.shape[2])
        if not bool(mask.all()):
            placed = placed.masked_fill(~mask[:, None, None, :], -torch.inf)
        attended = functional.scaled_dot_product_attention(query + self.content, key, value, placed)
        gathered: Tensor = self.gather(attended.transpose(1, 2).reshape(batch, frames, width))
        return gathered


def distances(frames: int, width: int) -> Tensor:
    """[2 * frames - 1, width]: sinusoids of a key that is frames - 1 earlier, ..., as much later."""
    later = sinusoids(frames, width)
    earlier = later[1:].flip(0)
    half = (width + 1) // 2
    return torch.cat([torch.cat([-earlier[:, :half], earlier[:, half:]], 1), later])


def _shifted(scores: Tensor) -> Tensor:
    """[..., frames, 2 * frames - 1] by distance to [..., frames, frames] by key."""
    frames = scores.shape[-2]
    # A row more than the last is long moves each row one to the left of the one above.
    rows = functional.pad(scores, (0, 1)).flatten(-2)[..., frames - 1 : -1]
    return rows.unfold(-1, frames, 2 * frames - 1)
