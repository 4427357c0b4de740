"""From a torch module to the function that computes it on a placement.

All backends whose models are torch modules use it, and so support all placements.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from torch import Tensor, nn

from paralbench.encoders.native import refusal
from paralbench.encoders.placement import Placement
from paralbench.records.errors import UsageError

Forward = Callable[[Tensor], Tensor]
"""Model input [1, ...] to hidden states, float32 [layers, frames, width]. Threads may share it."""


def running(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """The function that computes ``module`` without gradients, in eval mode.

    Args:
        module: input [1, ...] of any length along its free axes to hidden states
            [layers, frames, width]. It is changed in place and must not be used otherwise.
        example: an input it accepts, for runtimes that trace.
        placement: device, precision and runtime.
        model: its name, for messages.

    Raises:
        UsageError: where the machine does not support the placement.
        ParalbenchError: where the runtime does not support this module.
    """
    reason = refusal(placement)
    if reason is not None:
        raise UsageError(f"model '{model}' cannot be run as {placement.name}: {reason}.")
    runtime = import_module(f"paralbench.encoders.runtimes.{placement.module}")
    ready = module.eval().requires_grad_(False)
    forward: Forward = runtime.build(ready, example, placement, model)
    return forward
