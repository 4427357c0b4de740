"""Whether bytes are a self-contained ONNX model: valid protobuf, without external weights.

An ONNX model may name other files of the machine as its weights, and ``onnx``'s own checker accepts
that. Here such a model is refused: every message that can hold a tensor (onnx.proto, IR version 3 to
13) is visited, without reading the tensors themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from paralbench.records.errors import BundleError

_DEEPEST = 16
_MOST_FIELDS = 2_000_000
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}  # bytes by wire type
_WITHIN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "sparse": {1: "tensor", 2: "tensor"},
    "training": {1: "graph", 2: "graph"},
    "tensor": {},
}
_MODEL_FIELDS = {1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26}
_IR_VERSION, _GRAPH, _OPERATORS = 1, 7, 8
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14


def check(file: BinaryIO, start: int, size: int) -> None:
    """Raise BundleError unless ``size`` bytes from ``start`` are a self-contained ONNX model."""
    visitor = _Visitor(file)
    numbers = {field.number for field in visitor.fields(start, start + size)}
    if not {_IR_VERSION, _GRAPH, _OPERATORS} <= numbers <= _MODEL_FIELDS:
        raise BundleError("it has not the fields of an ONNX model")
    visitor.visit(start, start + size, "model", 0)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a message: its number and wire type, and its value (a varint) or its bytes' place."""

    number: int
    wire: int
    value: int = 0
    start: int = 0
    end: int = 0


class _Visitor:
    """Visits the messages of one file, up to a number of fields."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MOST_FIELDS

    def visit(self, start: int, end: int, message: str, depth: int) -> None:
        """Check every tensor within a message."""
        if depth > _DEEPEST:
            raise BundleError(f"its graphs are nested more than {_DEEPEST} deep")
        for field in self.fields(start, end):
            if message == "tensor" and field.number in (_EXTERNAL_DATA, _DATA_LOCATION):
                if field != _Field(_DATA_LOCATION, _VARINT, 0):
                    raise BundleError("its weights are in another file")
            elif field.number in _WITHIN[message]:
                if field.wire != _BYTES:
                    raise BundleError("it is damaged: a message has the wrong type")
                self.visit(field.start, field.end, _WITHIN[message][field.number], depth + 1)

    def fields(self, position: int, end: int) -> Iterator[_Field]:
        """The fields of the message between two places of the file."""
        while position < end:
            self._left -= 1
            if not self._left:
                raise BundleError(f"it has more than {_MOST_FIELDS} fields")
            key, position = self._varint(position, end)
            number, wire = key >> 3, key & 7
            if wire == _VARINT:
                value, position = self._varint(position, end)
                yield _Field(number, wire, value)
                continue
            if wire == _BYTES:
                length, position = self._varint(position, end)
            elif wire in _FIXED:
                length = _FIXED[wire]
            else:
                raise BundleError("it is damaged: a field has an unknown type")
            if length > end - position:
                raise BundleError("it is damaged: a field is longer than its message")
            yield _Field(number, wire, start=position, end=position + length)
            position += length

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        """A number, and where it ends."""
        self._file.seek(position)
        value = 0
        for index, byte in enumerate(self._file.read(min(10, end - position))):
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value, position + index + 1
        raise BundleError("it is damaged: a number does not end")
