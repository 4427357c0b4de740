"""Members told by content: ours against the libraries that load them, on true and on broken files."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load, save

from paralbench.records.errors import BundleError
from paralbench.screener import contents


def _check(name: str, content: bytes) -> None:
    """From within a larger file, as in a bundle."""
    contents.check(name, io.BytesIO(b"before" + content + b"after"), 6, len(content))


def _refused(name: str, content: bytes) -> str:
    with pytest.raises(BundleError) as error:
        _check(name, content)
    return str(error.value)


TENSORS: dict[str, NDArray[Any]] = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.zeros(0, np.int64),
}


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "uint8", "int64", "bool"]
)
def test_true_safetensors_pass(dtype: str) -> None:
    _check("a.safetensors", save({"a": np.ones((3, 5), dtype), "b": np.ones((), dtype)}))
    _check("a.safetensors", save({}))
    _check("a.safetensors", save(TENSORS, metadata={"by": "test"}))


def _headed(header: object, data: bytes) -> bytes:
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        ([], b"", "not a table of tensors"),
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234", "that fit"),
        ({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}, b"", "that fit"),
        ({"a": {"dtype": "F31", "shape": [1], "data_offsets": [0, 4]}}, b"1234", "that fit"),
        ({"a": {"dtype": "U8", "shape": [4]}}, b"1234", "that fit"),
        ({"a": [1]}, b"", "that fit"),
        ({"a": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}}, b"1234", "that fit"),
        ({"a": {"dtype": "U8", "shape": [4], "data_offsets": [1, 5]}}, b"12345", "leave room"),
        ({"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
          "b": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}, b"123", "overlap"),
        ({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}, b"12345", "do not fill"),
    ],
)  # fmt: skip
def test_safetensors_that_the_library_refuses_are_refused(
    header: object, data: bytes, message: str
) -> None:
    content = _headed(header, data)
    with pytest.raises(safetensors.SafetensorError):
        load(content)
    assert message in _refused("a.safetensors", content)


@given(st.integers(0, 200), st.binary(min_size=1, max_size=12))
def test_broken_safetensors_are_refused_whenever_the_library_refuses(
    place: int, some: bytes
) -> None:
    content = save(TENSORS)
    changed = content[:place] + some + content[place + len(some) :]
    try:
        load(changed)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError):
        assert _refused("a.safetensors", changed)


def test_a_header_longer_than_the_file_is_refused() -> None:
    assert "header is longer" in _refused("a.safetensors", (2**63).to_bytes(8, "little") + b"{}")
    assert "header is longer" in _refused("a.safetensors", b"1234")


COMPOSED = st.text().map(lambda text: unicodedata.normalize("NFC", text))
INTEGERS = st.integers(-(2**63), 2**63 - 1)


@given(st.recursive(st.none() | INTEGERS | COMPOSED, lambda inner: st.lists(inner), max_leaves=8))
def test_json_is_what_python_reads(value: object) -> None:
    assert contents.parsed(json.dumps(value).encode()) == value


@given(st.lists(COMPOSED, min_size=1, max_size=5), st.integers(1, 40))
def test_depth_is_reported_whatever_the_strings_hold(texts: list[str], depth: int) -> None:
    content = b"[" * depth + json.dumps(texts).encode() + b"]" * depth
    if depth + 1 > contents.DEEPEST_JSON:
        assert "deep" in _refused("a.json", content)
    else:
        _check("a.json", content)


@pytest.mark.slow
def test_json_as_deep_as_any_and_strings_without_end_are_refused_quickly() -> None:
    assert "deep" in _refused("a.json", b"[" * 2_000_000)
    assert "is not valid JSON" in _refused("a.json", b'"\\' * 1_000_000)
    assert "more than" in _refused("a.json", b" " * (contents.LARGEST_JSON + 1))


def _onnx(external: bool = False) -> bytes:
    """A model with a graph within its graph, where the weights are."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    if external:
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        entry = weights.external_data.add()
        entry.key, entry.value = "location", "../../../etc/passwd"
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2])
    constant = helper.make_node("Constant", [], ["y"], value=weights)
    branch = helper.make_graph([constant], "branch", [], [out])
    node = helper.make_node("If", ["x"], ["z"], then_branch=branch, else_branch=branch)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [2, 2])],
        initializer=[numpy_helper.from_array(np.zeros(3, np.float32), "unused")],
    )
    model = helper.make_model(graph, producer_name="test")
    if not external:
        onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def test_an_onnx_model_that_stands_alone_passes() -> None:
    _check("a.onnx", _onnx())


def test_an_onnx_model_with_weights_elsewhere_is_refused() -> None:
    assert "its weights are in another file" in _refused("a.onnx", _onnx(external=True))


def test_a_true_network_passes() -> None:
    silero = pytest.importorskip("silero_vad")
    (file,) = (Path(silero.__file__).parent / "data").glob("silero_vad_16k_sequence.onnx")
    _check("a.onnx", file.read_bytes())


@pytest.mark.parametrize(
    "content", [b"", b"\x08\x07", b"\x00" * 40, b"\x3a\xff\xff\xff\x7f", b"{}"]
)
def test_what_is_no_onnx_is_refused(content: bytes) -> None:
    assert "is not onnx" in _refused("a.onnx", content)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_damaged_onnx_passes_or_is_refused_and_nothing_else(place: int, some: bytes) -> None:
    content = _onnx()
    place %= len(content)
    try:
        _check("a.onnx", content[:place] + some + content[place + len(some) :])
    except BundleError as error:
        assert "is not onnx" in str(error)  # noqa: PT017 - passing is as good
