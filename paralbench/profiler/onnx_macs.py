"""Multiply-accumulates of an ONNX graph: its products and convolutions, by the shapes of a run.

The graph is run without optimisation and gives the tensors between its nodes too, so that no shape
has to be inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any

from paralbench.encoders.backends.onnx import Onnx, Settings
from paralbench.encoders.encoder import Waveform
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard

Shape = Sequence[int]
_Count = Callable[[Any, Sequence[Shape], Shape], int]
"""MACs of a node by the shapes of its inputs and of its first output."""


class UncountedError(ParalbenchError):
    """A graph with a node whose operations are not known."""


def _product(_: Any, inputs: Sequence[Shape], output: Shape) -> int:
    return prod(output) * inputs[0][-1]


def _gemm(node: Any, inputs: Sequence[Shape], output: Shape) -> int:
    transposed = any(field.name == "transA" and field.i for field in node.attribute)
    return prod(output) * inputs[0][0 if transposed else 1]


def _convolution(_: Any, inputs: Sequence[Shape], output: Shape) -> int:
    return prod(output) * prod(inputs[1][1:])


def _quantised_convolution(_: Any, inputs: Sequence[Shape], output: Shape) -> int:
    return prod(output) * prod(inputs[3][1:])


def _transposed_convolution(_: Any, inputs: Sequence[Shape], __: Shape) -> int:
    return prod(inputs[0]) * prod(inputs[1][1:])


def _recurrent(_: Any, inputs: Sequence[Shape], __: Shape) -> int:
    """Both matrices of all directions, once a frame and example."""
    return prod(inputs[0][:2]) * (prod(inputs[1]) + prod(inputs[2]))


_COUNTS: dict[str, _Count] = {
    "MatMul": _product,
    "MatMulInteger": _product,
    "QLinearMatMul": _product,
    "Gemm": _gemm,
    "Conv": _convolution,
    "ConvInteger": _convolution,
    "QLinearConv": _quantised_convolution,
    "ConvTranspose": _transposed_convolution,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
}
_UNKNOWN = frozenset({"Attention", "DFT", "DeformConv", "Einsum", "If", "Loop", "STFT", "Scan"})
"""Operators of the standard that compute products or hold graphs, which nothing here counts."""


class CountingSession:
    """A session that counts the MACs of its runs.

    Args:
        file: the graph.
        names: the tensors that its runs are asked for.

    Raises:
        UncountedError: for a graph with an operator whose MACs are not known.
    """

    def __init__(self, file: Path, names: Sequence[str]) -> None:
        import onnx
        import onnxruntime

        model = onnx.load(str(file))
        graph = model.graph
        for node in graph.node:
            if node.domain not in ("", "ai.onnx") or node.op_type in _UNKNOWN:
                raise UncountedError(f"nothing counts the graph's operator '{node.op_type}'")
        self.macs = 0
        self._nodes = [node for node in graph.node if node.op_type in _COUNTS]
        self._constant = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        named = {name for node in self._nodes for name in (*node.input, node.output[0])}
        self._between = sorted(named - {"", *self._constant} - {item.name for item in graph.input})
        outputs = {output.name for output in graph.output}
        graph.output.extend(
            onnx.ValueInfoProto(name=name)
            for name in dict.fromkeys([*self._between, *names])
            if name not in outputs
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def get_inputs(self) -> list[Any]:
        """As onnxruntime's own session."""
        inputs: list[Any] = self._session.get_inputs()
        return inputs

    def run(self, names: Sequence[str], feeds: dict[str, Any]) -> list[Any]:
        """As onnxruntime's own session; the run's MACs are added to :attr:`macs`."""
        values = self._session.run([*self._between, *names], feeds)
        shapes: dict[str, Shape] = {"": (), **self._constant}
        shapes |= {name: value.shape for name, value in feeds.items()}
        between = zip(self._between, values[: len(self._between)], strict=True)
        shapes |= {name: value.shape for name, value in between}
        for node in self._nodes:
            inputs = [shapes[name] for name in node.input]
            self.macs += _COUNTS[node.op_type](node, inputs, shapes[node.output[0]])
        return list(values[len(self._between) :])


class CountedGraph:
    """An encoder of the ONNX backend whose graph is counted as it runs.

    Args:
        card: the model's.
        file: its graph.

    Raises:
        UncountedError: for a graph with an operator whose MACs are not known.
    """

    def __init__(self, card: ModelCard, file: Path) -> None:
        settings = Settings.checked(card.settings, f"model '{card.id}', settings")
        self._session = CountingSession(file, settings.outputs)
        self._encoder = Onnx(self._session, card, settings)

    def macs(self, waveform: Waveform) -> int:
        """Of the graph on one waveform, without what computes the graph's input."""
        before = self._session.macs
        self._encoder.encode([waveform])
        return self._session.macs - before
