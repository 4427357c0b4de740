"""ONNX: a graph made here against numpy, what is wrong with a graph, and Smart Turn's own way."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from paralbench.encoders.backends.onnx import Onnx, load
from paralbench.encoders.placement import REFERENCE
from paralbench.encoders.weights import WeightsFile
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
HOP, WIDTH = 320, 8
MATRIX = np.random.default_rng(0).standard_normal((HOP, WIDTH)).astype(np.float32)


def _card(outputs: list[str], **changes: object) -> ModelCard:
    record = {
        "id": "planted", "title": "planted", "backend": "onnx", "rate": 16000,
        "layers": len(outputs), "width": WIDTH, "frame_rate": 50.0, "parameters": 0,
        "licence": "MIT", "citation": "none",
        "settings": {"input": "waveform", "outputs": outputs},
    }  # fmt: skip
    return ModelCard.model_validate({**record, **changes})


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """Waveform [1, samples] to frames @ MATRIX ("inner") and its tanh ("outer", the one output)."""
    from onnx import TensorProto, helper, numpy_helper, save

    nodes = [
        helper.make_node("Reshape", ["waveform", "shape"], ["frames"]),
        helper.make_node("MatMul", ["frames", "matrix"], ["inner"]),
        helper.make_node("Tanh", ["inner"], ["outer"]),
    ]
    made = helper.make_graph(
        nodes, "planted",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [1, None])],
        [helper.make_tensor_value_info("outer", TensorProto.FLOAT, [None, WIDTH])],
        [numpy_helper.from_array(np.array([-1, HOP]), "shape"),
         numpy_helper.from_array(MATRIX, "matrix")],
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file = tmp_path / "graph.onnx"
    save(model, file)
    return file


def _load(card: ModelCard, file: Path) -> Onnx:
    return load(card, WeightsFile(file, "onnx", "0" * 64, pinned=True), REFERENCE)


def test_inner_tensors_are_handed_out(graph: Path) -> None:
    recorded = np.random.default_rng(1).standard_normal(5 * HOP).astype(np.float32)
    (states,) = _load(_card(["inner", "outer"]), graph).encode([recorded])
    output = recorded.reshape(5, HOP) @ MATRIX
    assert states.numpy() == pytest.approx(np.stack([output, np.tanh(output)]), abs=1e-4)
    assert states.dtype == torch.float32


def test_an_unknown_tensor_is_named(graph: Path) -> None:
    with pytest.raises(CardError, match="'planted': its graph has no tensor 'hidden'"):
        _load(_card(["hidden"]), graph)


def test_outputs_are_as_many_as_layers(graph: Path) -> None:
    with pytest.raises(CardError, match="3 layers, but 1 outputs are named"):
        _load(_card(["inner"], layers=3), graph)


@pytest.mark.parametrize("content", [b"not a graph", b"", b"\x08\x07"])
def test_what_is_no_graph_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(ParalbenchError, match=re.escape(str(file))):
        _load(_card(["inner"]), file)


@pytest.mark.parametrize("width", [16, 7])
def test_another_width_is_reported_with_the_shape(graph: Path, width: int) -> None:
    """5 frames of 8 fill neither 16 nor 7; 4 of 8 would fill 16, and come out as 2 frames."""
    encoder = _load(_card(["inner"], width=width), graph)
    for frames in (5, 4):
        with pytest.raises(ParalbenchError, match=rf"'inner'.*\[{frames}, 8\].*width is {width}"):
            encoder.encode([np.zeros(frames * HOP, np.float32)])
