"""Sinusoidal positions (Vaswani et al., 2017)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoids(frames: int, width: int) -> Tensor:
    """[frames, width]: sines, then cosines, of wavelengths from 2 pi to 10,000 times that."""
    half = (width + 1) // 2
    speed = torch.exp(-math.log(10000.0) * torch.arange(half) / max(half - 1, 1))
    angle = torch.arange(frames)[:, None] * speed
    return torch.cat([angle.sin(), angle.cos()], 1)[:, :width]
