"""The placements that this machine supports natively."""

from __future__ import annotations

import importlib.util
from typing import get_args

from paralbench.encoders.placement import Placement, Precision, Runtime
from paralbench.results.provenance import hardware

NO_NUMBERS = "it refuses what a machine cannot compute"


def bf16_instructions() -> list[str]:
    """The system's names of the CPU's instructions for bfloat16."""
    return [name for name in hardware()["instructions"] if "bf16" in name]


def refusal(placement: Placement) -> str | None:
    """Why this machine cannot compute a placement, None where it can; packages are not checked."""
    import torch

    gpu = placement.device != "cpu"
    if gpu and placement.runtime != "torch":
        return f"{placement.runtime} serves the CPU here; on a GPU the runtime is torch"
    if placement.precision == "bf16":
        if gpu and not torch.cuda.is_bf16_supported(including_emulation=False):
            return "this GPU has no bf16 arithmetic; use --precision fp32"
        if not gpu and not bf16_instructions():
            return "this processor has no bf16 instructions; use --precision fp32"
        if placement.runtime == "onnxruntime":
            return "onnxruntime computes in fp32 on a CPU; use --precision fp32"
    return None


def placements(device: str) -> list[Placement]:
    """The placements that this machine supports on a device, the reference first."""
    candidates = [
        Placement(device, precision, runtime)
        for runtime in get_args(Runtime)
        for precision in get_args(Precision)
        if importlib.util.find_spec(runtime)
    ]
    return [placement for placement in candidates if refusal(placement) is None]
