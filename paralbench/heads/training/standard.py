"""Mean and deviation of every feature over the training items' frames, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from paralbench.features.pooling import Moments
from paralbench.heads.head import Rows
from paralbench.heads.training.sequences import Sequences


@dataclass(frozen=True, slots=True)
class Standard:
    """One stream's ``mean`` and ``scale`` (one over the deviation), [layers, width]."""

    mean: Tensor
    scale: Tensor


def standards(sequences: Sequences, items: Rows, wanted: bool = True) -> list[Standard]:
    """Of each stream over these items; zero and one where it is not ``wanted``.

    Every frame counts alike. Features that do not vary get the scale 0: dividing by their rounding
    noise would blow it up.
    """
    shapes = list(zip(sequences.layers, sequences.shapes, strict=True))
    if not wanted:
        sizes = [(layers, shape.width) for layers, shape in shapes]
        return [Standard(torch.zeros(size), torch.ones(size)) for size in sizes]
    moments = [Moments() for _ in shapes]
    for item in items:
        for gathered, (values, _) in zip(moments, sequences.of(int(item)), strict=True):
            deviation, mean = torch.std_mean(values, 1, correction=0)
            gathered.add(values.shape[1], mean.numpy(), deviation.numpy())
    return [_standard(gathered) for gathered in moments]


def _standard(gathered: Moments) -> Standard:
    mean, deviation = gathered.pooled().swapaxes(0, 1)
    varies = deviation > 1e-5 * np.sqrt(1 + np.square(mean))
    scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
    return Standard(torch.from_numpy(mean), torch.from_numpy(scale.astype(np.float32)))
