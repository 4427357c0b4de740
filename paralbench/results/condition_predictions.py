"""Predictions under conditions as the table beside those of the clean clips.

The table has one block of rows for each condition, in the order of the clean table's rows, whose
examples, clusters, folds, seeds and truths are not repeated. Probabilities are stored only where the
ranking metric reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from paralbench.metrics.metric import Metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.results import files
from paralbench.results.predictions import Predictions

_CONDITION, _PREDICTED, _PROBABILITY = "condition", "predicted", "p:"


def table(degraded: Mapping[str, Predictions], metric: Metric) -> pa.Table:
    """The table to store of the predictions by condition; ``metric`` is the ranking metric."""
    names = list(degraded)
    several = list(degraded.values())
    classes = several[0].classes
    conditions = np.repeat(np.arange(len(names), dtype=np.int16), [len(p.rows) for p in several])
    columns = {_CONDITION: _words(conditions, names)}
    predicted = np.concatenate([predictions.predicted for predictions in several])
    if classes:
        columns[_PREDICTED] = _words(predicted.astype(np.int16), list(classes))
    else:
        columns[_PREDICTED] = pa.array(predicted.astype(np.float32))
    if reads_probabilities(metric, several[0]):
        outputs = np.concatenate([predictions.outputs for predictions in several])
        for place, name in enumerate(classes):
            columns[f"{_PROBABILITY}{name}"] = pa.array(np.ascontiguousarray(outputs[:, place]))
    return pa.table(columns)


def restored(stored: pa.Table, clean: Predictions, metric: Metric) -> dict[str, Predictions]:
    """The predictions by condition, with the rows of the clean ones.

    Raises:
        ValueError: where a column is missing, unknown or of another type, a class is unknown, a number
            is not finite, or a condition has not as many rows as the clean table.
    """
    classes = list(clean.classes)
    probabilities = classes if reads_probabilities(metric, clean) else []
    expected = [_CONDITION, _PREDICTED, *(f"{_PROBABILITY}{name}" for name in probabilities)]
    if sorted(stored.column_names) != sorted(expected):
        raise ValueError(
            f"expected the columns {', '.join(expected)}, got {', '.join(stored.column_names)}"
        )
    words, blocks = _codes(stored, _CONDITION)
    if classes:
        names, codes = _codes(stored, _PREDICTED)
        if unknown := sorted(set(names) - set(classes)):
            raise ValueError(f"'{unknown[0]}' in the column '{_PREDICTED}' is none of the classes")
        predicted = np.array([classes.index(name) for name in names], float)[codes]
    else:
        predicted = _numbers(stored, _PREDICTED).astype(float)
    outputs = predicted[:, None].astype(np.float32)
    if probabilities:
        outputs = np.stack([_numbers(stored, f"{_PROBABILITY}{name}") for name in classes], 1)
    result = {}
    for place, name in enumerate(words):
        rows = np.flatnonzero(blocks == place)
        if len(rows) != len(clean.rows):
            raise ValueError(
                f"'{name}' has {len(rows)} rows, the clean clips have {len(clean.rows)}"
            )
        result[name] = replace(clean, predicted=predicted[rows], outputs=outputs[rows])
    return result


def read(file: Path, result: Result, clean: Predictions) -> dict[str, Predictions]:
    """The predictions by condition beside the result in ``file``; empty where none were stored.

    Raises:
        ParalbenchError: where they are missing, are not those that the result names, or cannot be read.
    """
    if result.conditions_sha256 is None:
        return {}
    place = files.conditions_path(file)
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        raise ParalbenchError(f"{place}: the predictions under conditions are missing.") from None
    if hashlib.sha256(content).hexdigest() != result.conditions_sha256:
        raise ParalbenchError(f"{place}: these are not the predictions the result was made from.")
    try:
        stored = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        return restored(stored, clean, clean.metric(result.ranking))
    except (pa.ArrowInvalid, ValueError) as error:
        raise ParalbenchError(f"{place}: {error}.") from None


def reads_probabilities(metric: Metric, predictions: Predictions) -> bool:
    """Whether a metric cannot be computed from the predicted classes alone."""
    if not predictions.classes:
        return False
    answers = replace(predictions.answers(), outputs=None)
    try:
        metric.tally(answers, predictions.clusters, int(predictions.clusters.max()) + 1)
    except ValueError:
        return True
    return False


def _words(codes: NDArray[np.int16], names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))


def _codes(stored: pa.Table, name: str) -> tuple[list[str], NDArray[np.int64]]:
    """The words of a column in the order in which they appear, and the place of each row's word."""
    column = stored[name]
    kind = column.type
    if not pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind):
        raise ValueError(f"the column '{name}' holds {kind}, expected text")
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if encoded.null_count:
        raise ValueError(f"the column '{name}' has empty cells")
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _numbers(stored: pa.Table, name: str) -> NDArray[np.float32]:
    column = stored[name]
    if column.null_count or not pa.types.is_floating(column.type):
        raise ValueError(f"the column '{name}' holds {column.type}, expected numbers")
    values: NDArray[np.float32] = column.to_numpy().astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(f"the column '{name}' holds NaN or infinity")
    return values
