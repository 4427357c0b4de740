"""onnxruntime on the CPU in fp32: the module is exported to ONNX once, for inputs of any length.

All encoding threads share one session, which computes each clip on its thread.
"""

from __future__ import annotations

import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import torch
from torch import Tensor, nn

from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward
from paralbench.encoders.runtimes.tracing import tracing
from paralbench.records.errors import ParalbenchError
from paralbench.system.third_party_code import first_line

_OPSET = 17


def build(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """Export into a temporary folder and load the graph from it.

    Raises:
        ParalbenchError: where the module cannot be exported.
    """
    import onnx  # noqa: F401 - torch's exporter needs it and reports that unclearly
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    axes = {axis: f"axis{axis}" for axis in range(1, example.ndim)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        try:
            with tracing(), redirect_stdout(StringIO()):  # a failed export prints its graph
                torch.onnx.export(
                    module,
                    (example,),
                    str(file),
                    input_names=["inputs"],
                    output_names=["states"],
                    dynamic_axes={"inputs": axes, "states": {1: "frames"}},
                    opset_version=_OPSET,
                    dynamo=False,
                )
        except (torch.onnx.errors.OnnxExporterError, RuntimeError, AssertionError) as error:
            raise ParalbenchError(
                f"model '{model}': it cannot be exported to ONNX ({first_line(error)}); "
                f"leave out --runtime."
            ) from error
        session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )

    def forward(inputs: Tensor) -> Tensor:
        (states,) = session.run(None, {"inputs": inputs.contiguous().numpy()})
        return torch.from_numpy(states)

    return forward
