"""Optimisers and step-size schedules by name."""

from __future__ import annotations

import math
from typing import Any

import torch

from paralbench.heads.training.network import Network
from paralbench.heads.training.recipe import Recipe


def optimiser(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser. Biases, norms and layer weights are not decayed."""
    layers = [listen.weights for listen in network.listening]
    others = [one for one in network.answering.parameters() if one.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": [one for one in network.answering.parameters() if one.ndim > 1]},
        {"params": others, "weight_decay": 0.0},
        {"params": layers, "weight_decay": 0.0, "lr": recipe.layer_rate},
    ]
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    if recipe.optimiser == "adam":
        return torch.optim.Adam(groups, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    if recipe.optimiser == "rmsprop":
        return torch.optim.RMSprop(groups, lr=recipe.rate, weight_decay=recipe.decay)
    return torch.optim.SGD(
        groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.decay
    )


def schedule(
    optimiser: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> torch.optim.lr_scheduler.LambdaLR:
    """Step size over ``steps`` steps: a linear warm-up, then constant or a half cosine to zero."""
    warm = round(recipe.warmup * steps)

    def share(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        if recipe.schedule == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, share)
