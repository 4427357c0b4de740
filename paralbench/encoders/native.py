"""What this machine computes natively: asked of the processor, never assumed."""

from __future__ import annotations

import importlib.util

from paralbench.encoders.placement import Placement
from paralbench.results.provenance import hardware

NO_NUMBERS = "it refuses what a machine cannot compute"


def bf16_instructions() -> list[str]:
    """The CPU's instructions for bfloat16, as the system names them; empty where it has none."""
    return [name for name in hardware()["instructions"] if "bf16" in name]


def refusal(placement: Placement) -> str | None:
    """Why a placement cannot be had on this machine; None where it can.

    Whether a runtime's package is installed is left to its import, which names the package.
    """
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


def ways(device: str) -> list[Placement]:
    """Every placement that can be had here on a device, the reference first."""
    every = [
        Placement(device, precision, runtime)
        for runtime in ("torch", "openvino", "onnxruntime")
        for precision in ("fp32", "bf16")
    ]
    return [one for one in every if refusal(one) is None and importlib.util.find_spec(one.runtime)]
