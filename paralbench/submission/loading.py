"""A result and its predictions read from bytes that anybody may have written."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paralbench.records.errors import CardError
from paralbench.records.result import Result
from paralbench.records.strict_text import parse_json
from paralbench.results import condition_predictions, files
from paralbench.results.predictions import Predictions
from paralbench.submission.problem import Problem, shown
from paralbench.submission.wording import wording
from paralbench.system.memory_cap import memory_capped

CELLS = 50_000_000
"""Maximum cells of a table: repeated values compress well in a file, but not in memory."""
_CELLS_OF_A_BYTE, _CELLS_OF_ANY = 200, 2_000_000
"""How many cells a file may hold for its bytes; those of a run need one byte or more."""
_COLUMNS, _GROUPS = 2000, 5000
_BYTES_OF_A_CELL, _BYTES_OF_ANY = 64, 64 * 2**20
"""Bytes unpacked; also the memory to read them with."""
_WORD = 200
_UNREADABLE = (
    pa.ArrowException,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    MemoryError,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Loaded:
    """A result, its predictions, the examples' ids by their number, and the predictions by condition."""

    name: str
    result: Result
    predictions: Predictions
    ids: tuple[str, ...]
    conditions: Mapping[str, Predictions] = field(default_factory=dict)


def load(root: Path, name: str) -> tuple[Loaded | None, list[Problem]]:
    """Read ``name`` below ``root`` and the table beside it; None if it cannot be rescored."""
    file = root / name
    values, problems = json_values(file, name)
    if values is None:
        return None, problems
    problems = wording(name, values)
    try:
        result = Result.checked(values, name)
    except CardError as error:
        message = str(error).removeprefix(f"{name}: ").removesuffix(".")
        return None, [*problems, Problem(name, "", message)]
    restored = _predictions(
        file.with_suffix(".parquet"), name, "predictions_sha256", result.predictions_sha256,
        lambda table: Predictions.restored(table, result.classes),
    )  # fmt: skip
    if isinstance(restored, Problem):
        return None, [*problems, restored]
    predictions, ids = restored
    loaded = Loaded(name, result, predictions, tuple(ids))
    if result.conditions_sha256 is None:
        return loaded, problems
    under = _predictions(
        files.conditions_path(file), name, "conditions_sha256", result.conditions_sha256,
        lambda table: condition_predictions.restored(
            table, predictions, predictions.metric(result.ranking)
        ),
    )  # fmt: skip
    if isinstance(under, Problem):
        return None, [*problems, under]
    return replace(loaded, conditions=under), problems


def _predictions(
    file: Path, name: str, field: str, digest: str, restore: Callable[[pa.Table], T]
) -> T | Problem:
    """What a table beside the result ``name`` holds, or what is wrong with it.

    Args:
        file: the table.
        name: of the result.
        field: of the result that has the table's digest.
        digest: the sha256 that it states.
        restore: makes predictions of the table; raises one of ``_UNREADABLE`` where it cannot.
    """
    beside = (Path(name).parent / file.name).as_posix()
    if not file.is_file():
        return Problem(name, "", f"its predictions {beside} are missing")
    content = file.read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != digest:
        message = f"expected the sha256 of {beside}, {actual}, got {shown(digest)}"
        return Problem(name, field, message)
    return _table(content, beside, restore)


def json_values(file: Path, name: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The keys of a JSON file, or None and what is wrong with it."""
    try:
        values = parse_json(file.read_bytes())
    except ValueError as error:
        return None, [Problem(name, "", f"expected JSON, it {error}")]
    if not isinstance(values, dict):
        return None, [Problem(name, "", f"expected a table of keys, got {shown(values)}")]
    return values, []


def _table(content: bytes, name: str, restore: Callable[[pa.Table], T]) -> T | Problem:
    try:
        parquet = pq.ParquetFile(io.BytesIO(content))
        if fault := _size_fault(parquet.metadata, len(content)):
            return Problem(name, "", fault)
        words = [f.name for f in parquet.schema_arrow if not pa.types.is_primitive(f.type)]
        spare = _BYTES_OF_ANY + _BYTES_OF_A_CELL * _cells(parquet.metadata)
        with memory_capped(spare), _system_allocator():
            # In this thread: another would need address space for its stack.
            table = pq.ParquetFile(io.BytesIO(content), read_dictionary=words).read(
                use_threads=False
            )
        table.validate(full=True)
        for word in words:
            longest = max(_longest(chunk) for chunk in table[word].chunks)
            if longest > _WORD:
                message = f"expected words of at most {_WORD} bytes, got one of {longest}"
                return Problem(name, word, message)
        return restore(table)
    except _UNREADABLE as error:
        first = str(error).strip().split("\n")[0]
        return Problem(name, "", f"expected predictions as the run wrote them, {first}")


@contextmanager
def _system_allocator() -> Iterator[None]:
    """Arrow's own allocator takes from what it reserved before the cap, so it would not notice it."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


def _cells(metadata: pq.FileMetaData) -> int:
    return int(metadata.num_rows * metadata.num_columns)


def _size_fault(metadata: pq.FileMetaData, size: int) -> str:
    """The fault of what a table's footer says of its size, before a column is read; "" for none."""
    cells, most = _cells(metadata), min(CELLS, _CELLS_OF_ANY + _CELLS_OF_A_BYTE * size)
    if not cells:
        return "expected predictions, the table is empty"
    if cells > most:
        return f"expected at most {most} cells in {size} bytes, got {cells}"
    if metadata.num_columns > _COLUMNS or metadata.num_row_groups > _GROUPS:
        return (
            f"expected at most {_COLUMNS} columns in {_GROUPS} row groups, got "
            f"{metadata.num_columns} in {metadata.num_row_groups}"
        )
    # Not column by column: Arrow ends the process over some damaged descriptions of a column.
    unpacked = sum(
        metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)
    )
    if unpacked > _BYTES_OF_ANY + _BYTES_OF_A_CELL * cells:
        return f"{cells} cells unpack to {unpacked} bytes, more than predictions need"
    return ""


def _longest(chunk: pa.Array) -> int:
    """Bytes of the longest word, checked before words are expanded in each row."""
    if not pa.types.is_dictionary(chunk.type) or not pa.types.is_string(chunk.dictionary.type):
        raise ValueError(f"a column holds {chunk.type}, expected text or numbers")
    return int(pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0)
