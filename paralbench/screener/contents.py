"""What a bundle's members may be, recognised by content: JSON, safetensors, ONNX. Nothing is run."""

from __future__ import annotations

import re
from math import prod
from typing import Any, BinaryIO

from paralbench.records.errors import BundleError
from paralbench.records.strict_text import parse_json
from paralbench.screener import onnx_format

LARGEST_JSON = 4 * 2**20
DEEPEST_JSON = 32
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16, "U16": 16, "F16": 16,
    "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip


def check(name: str, file: BinaryIO, start: int, size: int) -> None:
    """Verify that a member, ``size`` bytes from ``start`` of an open file, is what its name says.

    Raises:
        BundleError: where it is not, or is too large or too deep to be read safely.
    """
    kind = name.rpartition(".")[2]
    if kind not in ("json", "safetensors", "onnx"):
        raise BundleError(f"its member {name!r} is neither .json, .safetensors nor .onnx")
    file.seek(start)
    head = file.read(min(4, size))
    if re.match(rb"\x80[\x02-\x05]", head):
        raise BundleError(f"its member {name!r} is a pickle, which can run code")
    if head == b"PK\x03\x04":
        raise BundleError(f"its member {name!r} is a zip within the zip, as pickles come in")
    file.seek(start)
    try:
        if kind == "json":
            parsed(file.read(min(size, LARGEST_JSON + 1)))
        elif kind == "safetensors":
            _check_safetensors(file, size)
        else:
            onnx_format.check(file, start, size)
    except BundleError as error:
        raise BundleError(f"its member {name!r} is not {kind}: {error}") from None


def parsed(content: bytes) -> Any:
    """JSON without repeated keys, NaN or infinity.

    Raises:
        BundleError: for any other, and for JSON that is too large or nested too deeply.
    """
    try:
        return parse_json(content, largest=LARGEST_JSON, deepest=DEEPEST_JSON)
    except ValueError as error:
        raise BundleError(f"it {error}") from None


def _check_safetensors(file: BinaryIO, size: int) -> None:
    """The length of a header, the header in JSON, and tensors side by side to the end."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, LARGEST_JSON):
        raise BundleError("its header is longer than the file, or than any header is")
    header = parsed(file.read(length))
    if not isinstance(header, dict):
        raise BundleError("its header is not a table of tensors")
    header.pop("__metadata__", None)
    spans = []
    for name, tensor in header.items():
        try:
            first, last = tensor["data_offsets"]
            shape, bits = tensor["shape"], _BITS[tensor["dtype"]]
            fits = all(isinstance(axis, int) and axis >= 0 for axis in [first, last, *shape])
            fits = fits and prod(shape) * bits == 8 * (last - first)
        except (KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise BundleError(f"its tensor {name[:80]!r} has no dtype, shape and place that fit")
        spans.append((first, last))
    end = 0
    for first, last in sorted(spans):
        if first != end:
            raise BundleError("its tensors overlap, or leave room between them")
        end = last
    if end != size - 8 - length:
        raise BundleError("its tensors do not fill the file")
