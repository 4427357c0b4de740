"""From a torch module to the function that computes it where and how a placement says.

Backends whose models are torch modules hand them over here, so every architecture gets every
device, precision and runtime.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from paralbench.encoders.placement import Placement

Forward = Callable[[Tensor], Tensor]
"""Model input [1, ...] to hidden states, float32 [layers, frames, width]."""


def running(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """The function that computes ``module`` without gradients, in eval mode.

    Args:
        module: input [1, ...] of any length along its last or first free axis to hidden states
            [layers, frames, width].
        example: an input it accepts, for runtimes that trace.
        placement: where and how.
        model: its name, for messages.

    Raises:
        UsageError: where the placement cannot be had for this model.
    """
    placement.only_reference(model)
    ready = module.eval().requires_grad_(False).to(placement.device)

    def forward(inputs: Tensor) -> Tensor:
        with torch.inference_mode():
            states: Tensor = ready(inputs.to(placement.device))
            return states.float()

    return forward
