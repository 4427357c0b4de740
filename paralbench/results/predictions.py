"""The predictions beside a result, read back and held to what the result says of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from paralbench.evaluation.predictions import Predictions
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result


def read(file: Path, result: Result) -> tuple[Predictions, list[str]]:
    """The predictions of the result in ``file``, and the examples' names, by their number.

    Raises:
        ParalbenchError: where they are missing, are not those the result was made from, or cannot
            be read.
    """
    place = file.with_suffix(".parquet")
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        raise ParalbenchError(f"{place}: the predictions of this result are missing.") from None
    if hashlib.sha256(content).hexdigest() != result.predictions_sha256:
        raise ParalbenchError(f"{place}: these are not the predictions the result was made from.")
    try:
        return Predictions.restored(pq.read_table(pa.BufferReader(content)), result.classes)
    except (pa.ArrowInvalid, ValueError) as error:
        raise ParalbenchError(f"{place}: {error}.") from None
