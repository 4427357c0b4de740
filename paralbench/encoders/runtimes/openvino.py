"""OpenVINO on the CPU: the module is traced once, for inputs of any length, and compiled.

Each encoding thread has its own request on a stream of one core, which is faster than one clip on
several cores. Lengths are dynamic, since padding to fixed lengths would change a model's input.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn

from paralbench.encoders.native import bf16_instructions
from paralbench.encoders.placement import Placement, Precision
from paralbench.encoders.running import Forward
from paralbench.encoders.runtimes.strided_grouped import is_strided_grouped
from paralbench.encoders.runtimes.tracing import tracing
from paralbench.records.errors import ParalbenchError
from paralbench.system.third_party_code import first_line

_TELEMETRY = "openvino_telemetry"
_HINTS = {"fp32": "f32", "bf16": "bf16"}


def build(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """Trace and compile in memory.

    Raises:
        ParalbenchError: where the module cannot be traced, or its trace holds for one length only.
    """
    amx = placement.precision == "bf16" and "amx_bf16" in bf16_instructions()
    if amx and any(is_strided_grouped(part) for part in module.modules()):
        raise ParalbenchError(
            f"model '{model}': OpenVINO in bf16 gives wrong numbers for its strided grouped "
            "convolution on processors with AMX; use --precision fp32 or --runtime torch."
        )
    return compiled(graph(module, example, model), placement.precision)


def graph(module: nn.Module, example: Tensor, model: str) -> Any:
    """A module as OpenVINO's model, for inputs [1, ...] of any length; raises as :func:`build`."""
    openvino = _without_telemetry()
    shape = openvino.PartialShape([1, *[-1] * (example.ndim - 1)])
    try:
        with tracing():
            return openvino.convert_model(module, example_input=example, input=[shape])
    except (RuntimeError, TypeError, ValueError) as error:  # OpenVINO raises its own of these
        raise ParalbenchError(
            f"model '{model}': OpenVINO cannot convert it ({first_line(error)}); leave out --runtime."
        ) from error


def stored(model: Any) -> tuple[bytes, bytes]:
    """OpenVINO's model as its network and its weights, in full precision."""
    with TemporaryDirectory(prefix="paralbench-") as folder:
        network = Path(folder) / "network.xml"
        _without_telemetry().save_model(model, network, compress_to_fp16=False)
        return network.read_bytes(), network.with_suffix(".bin").read_bytes()


def restored(network: bytes, weights: bytes) -> Any:
    """OpenVINO's model from :func:`stored`; raises RuntimeError where it is none."""
    return _without_telemetry().Core().read_model(network, weights)


def compiled(model: Any, precision: Precision) -> Forward:
    """The function that computes OpenVINO's model; threads may share it."""
    cores = os.cpu_count() or 1
    network = (
        _without_telemetry()
        .Core()
        .compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": _HINTS[precision],
                "INFERENCE_NUM_THREADS": cores,
                "NUM_STREAMS": cores,
            },
        )
    )
    idle: SimpleQueue[Any] = SimpleQueue()
    for _ in range(cores):
        idle.put(network.create_infer_request())

    def forward(inputs: Tensor) -> Tensor:
        request = idle.get()
        try:
            (states,) = request.infer([inputs.contiguous().numpy()]).values()
            return torch.from_numpy(states.copy())  # the next request overwrites it
        finally:
            idle.put(request)

    return forward


def _without_telemetry() -> Any:
    """Import openvino without its telemetry, which would send a message."""
    telemetry = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # its import then fails
    try:
        return import_module("openvino")
    finally:
        del sys.modules[_TELEMETRY]
        if telemetry is not None:
            sys.modules[_TELEMETRY] = telemetry
