"""Losses by kind of target."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def classes(
    logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float = 0.0, ordinal: bool = False
) -> Tensor:
    """Weighted cross-entropy of logits [n, classes] against class indices [n].

    ``ordinal`` spreads a target's weight to the other classes as ``smoothing`` to the power of
    their distance (after Díaz & Marathe's soft labels, 2019); without it, to all of them alike.
    """
    if not ordinal:
        return functional.cross_entropy(logits, targets, weights, label_smoothing=smoothing)
    places = torch.arange(logits.shape[1], device=logits.device)
    distance = (places - targets[:, None]).abs().float()
    soft = torch.where(distance == 0, 1.0, smoothing**distance)
    soft = soft / soft.sum(1, keepdim=True)
    each = -(soft * logits.log_softmax(1)).sum(1)
    weight = weights[targets]
    return (each * weight).sum() / weight.sum()


def concordance(values: Tensor, targets: Tensor) -> Tensor:
    """1 - CCC (Lin, 1989) of values [n] against targets [n], both normalised by n.

    Where both are constant there is nothing to agree about: the loss is then 1 plus their squared
    distance.
    """
    mean_v, mean_t = values.mean(), targets.mean()
    covariance = ((values - mean_v) * (targets - mean_t)).mean()
    spread = values.var(correction=0) + targets.var(correction=0)
    apart = (mean_v - mean_t).square()
    flat = spread < 1e-12
    ratio = 2 * covariance / torch.where(flat, torch.ones_like(spread), spread + apart)
    return torch.where(flat, 1 + apart, 1 - ratio)


def squares(values: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of values [n] against targets [n]."""
    return functional.mse_loss(values, targets)
