"""A result and its predictions read from bytes that anybody may have written."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paralbench.records.errors import CardError
from paralbench.records.result import Result
from paralbench.records.strict_text import parse_json
from paralbench.results.predictions import Predictions
from paralbench.submission.problem import Problem, shown
from paralbench.submission.wording import wording

CELLS = 50_000_000
"""Maximum cells of a table: repeated values compress well in a file, but not in memory."""
_WORD = 200
_UNREADABLE = (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError)


@dataclass(frozen=True)
class Loaded:
    """A result, its predictions, and the examples' ids by their number."""

    name: str
    result: Result
    predictions: Predictions
    ids: tuple[str, ...]


def load(root: Path, name: str) -> tuple[Loaded | None, list[Problem]]:
    """Read ``name`` below ``root`` and the table beside it; None if it cannot be rescored."""
    file = root / name
    values, problems = _json(file, name)
    if values is None:
        return None, problems
    problems = wording(name, values)
    try:
        result = Result.checked(values, name)
    except CardError as error:
        message = str(error).removeprefix(f"{name}: ").removesuffix(".")
        return None, [*problems, Problem(name, "", message)]
    table = file.with_suffix(".parquet")
    beside = Path(name).with_suffix(".parquet").as_posix()
    if not table.is_file():
        return None, [*problems, Problem(name, "", f"its predictions {beside} are missing")]
    content = table.read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != result.predictions_sha256:
        message = (
            f"expected the sha256 of {beside}, {actual}, got {shown(result.predictions_sha256)}"
        )
        problems.append(Problem(name, "predictions_sha256", message))
    table_content = _table(content, beside, result.classes)
    if isinstance(table_content, Problem):
        return None, [*problems, table_content]
    predictions, ids = table_content
    return Loaded(name, result, predictions, tuple(ids)), problems


def _json(file: Path, name: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    try:
        values = parse_json(file.read_bytes())
    except ValueError as error:
        return None, [Problem(name, "", f"expected JSON, it {error}")]
    if not isinstance(values, dict):
        return None, [Problem(name, "", f"expected a table of keys, got {shown(values)}")]
    return values, []


def _table(
    content: bytes, name: str, classes: Sequence[str]
) -> tuple[Predictions, list[str]] | Problem:
    try:
        schema = pq.read_schema(io.BytesIO(content))
        words = [field.name for field in schema if not pa.types.is_primitive(field.type)]
        parquet = pq.ParquetFile(io.BytesIO(content), read_dictionary=words)
        cells = parquet.metadata.num_rows * parquet.metadata.num_columns
        if cells > CELLS:
            return Problem(name, "", f"expected at most {CELLS} cells, got {cells}")
        if not cells:
            return Problem(name, "", "expected predictions, the table is empty")
        table = parquet.read()
        table.validate(full=True)
        for word in words:
            longest = max(_longest(chunk) for chunk in table[word].chunks)
            if longest > _WORD:
                message = f"expected words of at most {_WORD} bytes, got one of {longest}"
                return Problem(name, word, message)
        return Predictions.restored(table, classes)
    except _UNREADABLE as error:
        first = str(error).strip().split("\n")[0]
        return Problem(name, "", f"expected predictions as the run wrote them, {first}")


def _longest(chunk: pa.Array) -> int:
    """Bytes of the longest word, checked before words are expanded in each row."""
    if not pa.types.is_dictionary(chunk.type) or not pa.types.is_string(chunk.dictionary.type):
        raise ValueError(f"a column holds {chunk.type}, expected text or numbers")
    return int(pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0)
