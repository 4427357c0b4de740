"""Bags of audio words (openXBOW; Schmitt & Schuller, 2017): how often frames lie near each code.

Reimplementation from the published description: standardised frames are assigned to their nearest codes
of a codebook, assignments are counted in a window around each frame, and log(1 + n) is taken. The
codebook comes from the training items of each fold alone (:mod:`paralbench.heads.training.standard`),
so test speakers have no say in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from paralbench.heads.layers.layer_sum import LayerSum

_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Codebook:
    """Centres [codes, width] of standardised frames.

    ``reach`` frames on each side of a frame belong to its window; a frame counts for its
    ``nearest`` codes.
    """

    centres: Tensor
    reach: int
    nearest: int


class BagOfWords(LayerSum):
    """[batch, 1, frames, width] to counts [batch, frames, codes]."""

    centres: Tensor

    def __init__(self, mean: Tensor, scale: Tensor, codebook: Codebook) -> None:
        super().__init__(mean, scale)
        self.register_buffer("centres", codebook.centres.float())
        self.reach, self.nearest = codebook.reach, codebook.nearest

    def prepare(self, values: Tensor) -> Tensor:
        """Counts of one example, [1, frames, codes]; nothing of them is learned."""
        counts: Tensor = self(values[None], torch.ones(1, values.shape[1], dtype=torch.bool))
        return counts

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Zero wherever ``mask`` [batch, frames] has no frame."""
        distances = torch.cdist(super().forward(values, mask).detach(), self.centres)
        words = torch.zeros_like(distances).scatter_(
            2, distances.topk(self.nearest, largest=False).indices, 1.0
        )
        there = mask[:, :, None].to(words.dtype)
        # Sums of ones are exact, so a window is the difference of two of them.
        until = functional.pad((words * there).cumsum(1), (0, 0, 1, 0))
        place = torch.arange(mask.shape[1], device=mask.device)
        last = (place + self.reach + 1).clamp_max(mask.shape[1])
        first = (place - self.reach).clamp_min(0)
        return torch.log1p(until[:, last] - until[:, first]) * there


def centres(
    frames: NDArray[np.float32], codes: int, draw: str, random: np.random.Generator
) -> Tensor:
    """A codebook [codes, width] of frames [any, width].

    Args:
        frames: at least one.
        codes: how many.
        draw: "random" takes frames as they are; "k-means" begins with k-means++ (Arthur &
            Vassilvitskii, 2007) and moves each code to the mean of what is nearest to it.
        random: decides which frames are drawn.
    """
    if draw == "random":
        return torch.from_numpy(frames[random.choice(len(frames), codes, len(frames) < codes)])
    data = torch.from_numpy(frames)
    centroids = data[_spread(data, codes, random)].clone()
    for _ in range(_ROUNDS):
        near = torch.cdist(data, centroids).argmin(1)
        counts = torch.bincount(near, minlength=codes)
        total = torch.zeros_like(centroids).index_add_(0, near, data)
        moved = total / counts.clamp_min(1)[:, None]
        centroids = torch.where(counts[:, None] > 0, moved, centroids)
    return centroids


def _spread(data: Tensor, codes: int, random: np.random.Generator) -> list[int]:
    """Places of first centres: each drawn by its squared distance to those before it."""
    chosen = [int(random.integers(len(data)))]
    apart = (data - data[chosen[0]]).square().sum(1)
    for _ in range(codes - 1):
        chances = apart.double().numpy()
        total = chances.sum()
        # Where every frame is a centre already, any will do.
        place = int(random.choice(len(data), p=chances / total if total else None))
        chosen.append(place)
        apart = torch.minimum(apart, (data - data[place]).square().sum(1))
    return chosen
