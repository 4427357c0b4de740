"""MACs of an ONNX graph against torch's counter on the same layers, and hand counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paralbench.heads.training.counting import macs
from paralbench.profiler.onnx_macs import CountedGraph, CountingSession, UncountedError
from paralbench.records.model_card import ModelCard

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def _graph(nodes: list[Any], weights: dict[str, Any], shape: list[Any], file: Path) -> Path:
    """A graph from the input "x" to the output "y"."""
    from onnx import TensorProto, helper, numpy_helper

    number = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", number, shape)],
        [helper.make_tensor_value_info("y", number, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )  # fmt: skip
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), file)
    return file


def _counted(file: Path, inputs: np.ndarray) -> int:
    session = CountingSession(file, ["y"])
    session.run(["y"], {"x": inputs.astype(np.float32)})
    return session.macs


def test_layers_count_as_torch_counts_them(tmp_path: Path) -> None:
    """A grouped convolution of stride two, an LSTM in two directions, a projection."""
    from onnx import helper

    convolution = torch.nn.Conv1d(8, 12, 5, stride=2, padding=2, groups=4)
    recurrent = torch.nn.LSTM(12, 6, bidirectional=True)
    projection = torch.nn.Linear(12, 7)

    def network(waveform: torch.Tensor) -> torch.Tensor:
        frames = convolution(waveform).permute(2, 0, 1)
        projected: torch.Tensor = projection(recurrent(frames)[0])
        return projected

    rng = np.random.default_rng(0)
    weights = {
        "conv": rng.normal(size=(12, 2, 5)), "w": rng.normal(size=(2, 24, 12)),
        "r": rng.normal(size=(2, 24, 6)), "linear": rng.normal(size=(12, 7)),
        "shape": np.array([0, 0, 12]),
    }  # fmt: skip
    weights = {
        name: array.astype(np.int64 if name == "shape" else np.float32)
        for name, array in weights.items()
    }
    nodes = [
        helper.make_node("Conv", ["x", "conv"], ["a"], group=4, strides=[2], pads=[2, 2]),
        helper.make_node("Transpose", ["a"], ["b"], perm=[2, 0, 1]),
        helper.make_node(
            "LSTM", ["b", "w", "r"], ["c"], hidden_size=6, direction="bidirectional"
        ),
        helper.make_node("Transpose", ["c"], ["d"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["d", "shape"], ["e"]),
        helper.make_node("MatMul", ["e", "linear"], ["y"]),
    ]  # fmt: skip
    file = _graph(nodes, weights, [1, 8, "frames"], tmp_path / "g.onnx")
    for frames in (40, 90):
        waveform = np.zeros((1, 8, frames))
        assert _counted(file, waveform) == macs(network, torch.zeros(1, 8, frames))


def test_gemm_and_transposed_convolution(tmp_path: Path) -> None:
    from onnx import helper

    weights = {
        "up": np.ones((3, 5, 4), np.float32),
        "shape": np.array([-1, 5]),
        "b": np.ones((6, 5), np.float32),
    }
    nodes = [
        helper.make_node("ConvTranspose", ["x", "up"], ["a"], strides=[2]),
        helper.make_node("Reshape", ["a", "shape"], ["f"]),
        helper.make_node("Gemm", ["f", "b"], ["y"], transB=1),
    ]
    file = _graph(nodes, weights, [1, 3, 10], tmp_path / "g.onnx")
    raised = macs(torch.nn.ConvTranspose1d(3, 5, 4, stride=2), torch.zeros(1, 3, 10))
    frames = (10 - 1) * 2 + 4
    assert _counted(file, np.ones((1, 3, 10))) == raised + frames * 5 * 6


def test_a_session_answers_as_the_graph_does(tmp_path: Path) -> None:
    import onnxruntime
    from onnx import helper

    weights = {"w": np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)}
    file = _graph([helper.make_node("MatMul", ["x", "w"], ["y"])], weights, [2, 4], tmp_path / "g")
    inputs = np.arange(8, dtype=np.float32).reshape(2, 4)
    (expected,) = onnxruntime.InferenceSession(str(file)).run(["y"], {"x": inputs})
    (answer,) = CountingSession(file, ["y"]).run(["y"], {"x": inputs})
    np.testing.assert_allclose(answer, expected, rtol=1e-6)


def test_an_operator_that_nothing_counts_is_named(tmp_path: Path) -> None:
    from onnx import helper

    node = helper.make_node("Einsum", ["x", "x"], ["y"], equation="ij,kj->ik")
    file = _graph([node], {}, [2, 4], tmp_path / "g.onnx")
    with pytest.raises(UncountedError, match="'Einsum'"):
        CountingSession(file, ["y"])


def test_a_model_of_the_onnx_backend(tmp_path: Path) -> None:
    """A convolution of 8 samples every 4, from a waveform to 5 channels."""
    from onnx import helper

    nodes = [
        helper.make_node("Unsqueeze", ["x", "axis"], ["a"]),
        helper.make_node("Conv", ["a", "w"], ["b"], strides=[4]),
        helper.make_node("Transpose", ["b"], ["y"], perm=[0, 2, 1]),
    ]
    weights = {"axis": np.array([1]), "w": np.ones((5, 1, 8), np.float32)}
    file = _graph(nodes, weights, [1, "samples"], tmp_path / "g.onnx")
    card = ModelCard.model_validate(
        {
            "id": "planted", "title": "planted", "backend": "onnx", "rate": 16000, "layers": 1,
            "width": 5, "frame_rate": 4000.0, "parameters": 0, "licence": "none",
            "citation": "none", "settings": {"input": "waveform", "outputs": ["y"]},
        }
    )  # fmt: skip
    graph = CountedGraph(card, file)
    assert graph.macs(np.zeros(400, np.float32)) == ((400 - 8) // 4 + 1) * 5 * 8
    assert graph.macs(np.zeros(800, np.float32)) == ((800 - 8) // 4 + 1) * 5 * 8
