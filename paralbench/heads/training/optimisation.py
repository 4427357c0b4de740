"""Optimisers and step-size schedules by name."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from paralbench.heads.training.network import Network
from paralbench.heads.training.recipe import Recipe


def optimiser(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser.

    Weight decay applies to the weights of linear, convolutional and recurrent layers; not to
    biases, norms and layer weights, nor to what a module lists in ``undecayed``.
    """
    decayed: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for module in network.answering.modules():
        undecayed: frozenset[str] = getattr(module, "undecayed", frozenset())
        for name, parameter in module.named_parameters(recurse=False):
            plain = parameter.ndim <= 1 or name in undecayed
            (others if plain else decayed).append(parameter)
    layers = [part.weights for part in network.listening if part.weights.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": decayed},
        {"params": others, "weight_decay": 0.0},
        {"params": layers, "weight_decay": 0.0, "lr": recipe.layer_rate},
    ]
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    if recipe.optimiser == "adam":
        return torch.optim.Adam(groups, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    if recipe.optimiser == "rmsprop":
        return torch.optim.RMSprop(groups, lr=recipe.rate, weight_decay=recipe.decay, foreach=True)
    return torch.optim.SGD(
        groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.decay, fused=True
    )


def step_size(recipe: Recipe, step: int, steps: int) -> float:
    """Share of the step size at a ``step`` of so many: a linear warm-up, then constant or a cosine."""
    warm = round(recipe.warmup * steps)
    if step < warm:
        return (step + 1) / warm
    if recipe.schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))
