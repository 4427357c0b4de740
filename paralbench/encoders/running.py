"""From a torch module to the function that computes it where and how a placement says.

Backends whose models are torch modules hand them over here, so every architecture gets every
device, precision and runtime.
"""

from __future__ import annotations

from importlib import import_module

from torch import Tensor, nn

from paralbench.encoders.forward import Forward
from paralbench.encoders.native import refusal
from paralbench.encoders.placement import Placement
from paralbench.records.errors import UsageError

__all__ = ["Forward", "running"]


def running(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """The function that computes ``module`` without gradients, in eval mode.

    Args:
        module: input [1, ...] of any length along its free axes to hidden states
            [layers, frames, width]. It is made ready in place and belongs to the function now.
        example: an input it accepts, for runtimes that trace.
        placement: where and how.
        model: its name, for messages.

    Raises:
        UsageError: where the machine cannot compute what the placement asks for.
        ParalbenchError: where the runtime cannot take this module.
    """
    reason = refusal(placement)
    if reason is not None:
        raise UsageError(f"model '{model}' cannot be run as {placement.name}: {reason}.")
    runtime = import_module(f"paralbench.encoders.runtimes.{placement.module}")
    ready = module.eval().requires_grad_(False)
    forward: Forward = runtime.build(ready, example, placement, model)
    return forward
