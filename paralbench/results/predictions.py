"""Predictions: the heads' outputs for all test examples, as arrays and as the table of a result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from paralbench.metrics import metric as find_metric
from paralbench.metrics.distribution import VotedAnswers
from paralbench.metrics.metric import Answers, Array, Metric, Tally
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.statistics.bootstrap import Draws

_PROBABILITY, _VOTES, _ATTRIBUTE = "p:", "votes:", "by:"
_LARGEST = 2**31 - 1
"""The largest number of a cluster, fold, seed or step."""


@dataclass(frozen=True)
class Predictions:
    """One row for each test example (each step, where the target is a series) and seed.

    ``rows`` and ``clusters`` number examples and clusters; ``outputs`` are probabilities
    [rows, classes] or values [rows, 1]; ``truth`` and ``predicted`` are class indices or numbers;
    ``attributes`` holds, by name, a value for each row (culture, sex, age band, ...). ``votes`` [rows,
    classes] are those of the raters where the target is their distribution; ``truth`` is then the class
    with the most.
    """

    rows: NDArray[np.int64]
    clusters: NDArray[np.int64]
    folds: NDArray[np.int64]
    seeds: NDArray[np.int64]
    truth: Array
    predicted: Array
    outputs: NDArray[np.float32]
    classes: tuple[str, ...] = ()
    steps: NDArray[np.int64] | None = None
    attributes: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    votes: NDArray[np.int64] | None = None

    def answers(self) -> Answers:
        """The input of the metrics."""
        answers = Answers(
            truth=self.truth,
            predicted=self.predicted,
            classes=len(self.classes),
            outputs=self.outputs.astype(float) if self.classes else None,
            recordings=None if self.steps is None else self.rows,
        )
        if self.votes is None:
            return answers
        return VotedAnswers(**vars(answers), votes=self.votes.astype(float))

    def examples(self) -> int:
        """How many examples are predicted."""
        return len(np.unique(self.rows))

    def class_counts(self) -> dict[str, int]:
        """How many examples there are of each class; empty for numbers."""
        _, first = np.unique(self.rows, return_index=True)
        if not self.classes:
            return {}
        counts = np.bincount(self.truth[first].astype(int), minlength=len(self.classes))
        return dict(zip(self.classes, map(int, counts), strict=True))

    def metric(self, name: str) -> Metric:
        """The metric called ``name``; raises ParalbenchError where it is for another target."""
        metric, target = find_metric(name), "class" if self.classes else "number"
        if metric.target != target:
            raise ParalbenchError(
                f"the metric '{name}' is for a {metric.target}, the target is a {target}."
            )
        return metric

    def tallies(self, metric: Metric, rows: NDArray[np.bool_] | None = None) -> list[Tally]:
        """A metric's tally for each seed, over some rows or all, in one numbering of clusters.

        Raises:
            ParalbenchError: where the metric cannot be computed from these predictions.
        """
        answers, count = self.answers(), int(self.clusters.max()) + 1
        tallies = []
        for seed in np.unique(self.seeds):
            selected = self.seeds == seed if rows is None else rows & (self.seeds == seed)
            try:
                tally = metric.tally(answers.take(selected), self.clusters[selected], count)
            except ValueError as error:
                raise ParalbenchError(f"{metric.name}: {error}.") from None
            tallies.append(tally)
        return tallies

    def sizes(self, rows: NDArray[np.bool_] | None = None) -> Array:
        """Number of rows of one seed in each cluster [clusters], of some rows or all."""
        first = self.seeds == self.seeds.min()
        selected = self.clusters[first if rows is None else first & rows]
        counts: Array = np.bincount(selected, minlength=int(self.clusters.max()) + 1).astype(float)
        return counts

    @cached_property
    def draws(self) -> Draws:
        """Bootstrap draws of the clusters: the same for every metric and subgroup."""
        return Draws.of(len(self.sizes()))

    def layout(self) -> tuple[Array, ...]:
        """Row, step, cluster and truth of one seed, sorted: equal for predictions of the same
        examples."""
        first = self.seeds == self.seeds.min()
        steps = np.zeros_like(self.rows) if self.steps is None else self.steps
        order = np.lexsort((steps[first], self.rows[first]))
        columns = (self.rows, steps, self.clusters, self.truth)
        return tuple(column[first][order].astype(float) for column in columns)

    def table(self, ids: NDArray[np.str_]) -> pa.Table:
        """The table to store, in which the examples are called ``ids``."""
        columns: dict[str, Any] = {
            "example": ids[self.rows],
            "cluster": self.clusters.astype(np.int32),
            "fold": self.folds.astype(np.int16),
            "seed": self.seeds.astype(np.int16),
        }
        if self.steps is not None:
            columns["step"] = self.steps.astype(np.int32)
        if self.classes:
            names = np.array(self.classes)
            columns["truth"] = names[self.truth.astype(int)]
            columns["predicted"] = names[self.predicted.astype(int)]
            for index, name in enumerate(self.classes):
                columns[f"{_PROBABILITY}{name}"] = self.outputs[:, index]
            if self.votes is not None:
                for index, name in enumerate(self.classes):
                    columns[f"{_VOTES}{name}"] = self.votes[:, index].astype(np.int32)
        else:
            columns["truth"], columns["predicted"] = self.truth, self.predicted
        for name, values in self.attributes.items():
            columns[f"{_ATTRIBUTE}{name}"] = _column(np.asarray(values)).dictionary_encode()
        arrays = [v if isinstance(v, pa.Array) else _column(v) for v in columns.values()]
        return pa.Table.from_arrays(arrays, names=list(columns))

    @classmethod
    def restored(cls, table: pa.Table, classes: Sequence[str]) -> tuple[Predictions, list[str]]:
        """The predictions in a table, and the examples' names by row number.

        Raises:
            ValueError: where a column is missing, unknown or of another type, a class is unknown, a
                number is not finite, or the truth is not the class with most votes.
        """
        names = set(table.column_names)
        voted = any(name.startswith(_VOTES) for name in names)
        expected = {"example", "cluster", "fold", "seed", "truth", "predicted"}
        expected |= {f"{_PROBABILITY}{name}" for name in classes} | (names & {"step"})
        expected |= {f"{_VOTES}{name}" for name in classes} if voted else set()
        attributes = sorted(name for name in names if name.startswith(_ATTRIBUTE))
        if missing := sorted(expected - names):
            raise ValueError(f"the column '{missing[0]}' is missing")
        if foreign := sorted(names - expected - set(attributes)):
            raise ValueError(f"the column '{foreign[0]}' does not belong there")
        if len(names) != len(table.column_names):
            raise ValueError("a column appears twice")
        ids, rows = _encoded(table, "example")
        votes = None
        if classes:
            truth, predicted = (
                _class_indices(table, name, classes) for name in ("truth", "predicted")
            )
            outputs = np.stack([_numbers(table, f"{_PROBABILITY}{name}") for name in classes], 1)
            if voted:
                votes = np.stack([_integers(table, f"{_VOTES}{name}") for name in classes], 1)
                if (votes.argmax(1) != truth).any() or not votes.any(1).all():
                    raise ValueError("the truth is not the class with the most votes in every row")
        else:
            truth, predicted = _numbers(table, "truth"), _numbers(table, "predicted")
            outputs = predicted[:, None]
        predictions = cls(
            rows=rows,
            clusters=np.unique(_integers(table, "cluster"), return_inverse=True)[1],
            folds=_integers(table, "fold"),
            seeds=_integers(table, "seed"),
            truth=truth,
            predicted=predicted,
            outputs=outputs.astype(np.float32),
            classes=tuple(classes),
            steps=_integers(table, "step") if "step" in names else None,
            attributes={
                name.removeprefix(_ATTRIBUTE): words[codes]
                for name in attributes
                for words, codes in [_encoded(table, name)]
            },
            votes=votes,
        )
        return predictions, ids.tolist()


def _encoded(table: pa.Table, name: str) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """The distinct words of a column, sorted, and the index of each row's word."""
    column = table[name]
    kind = column.type
    if not pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind):
        raise ValueError(f"the column '{name}' holds {kind}, expected text")
    # Encoded anew: a stored dictionary may hold unused, repeated or empty words.
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if encoded.null_count:
        raise ValueError(f"the column '{name}' has empty cells")
    # Arrow's order of bytes in UTF-8 is numpy's order of characters, sorted ten times faster.
    order = pc.array_sort_indices(encoded.dictionary)
    words = np.array(encoded.dictionary.take(order).to_pylist(), dtype=str)
    places = np.empty(len(words), np.int64)
    places[order.to_numpy()] = np.arange(len(words))
    return words, places[encoded.indices.to_numpy()]


def _class_indices(table: pa.Table, name: str, classes: Sequence[str]) -> Array:
    words, codes = _encoded(table, name)
    if unknown := sorted(set(words.tolist()) - set(classes)):
        raise ValueError(f"'{unknown[0]}' in the column '{name}' is none of the classes")
    return np.array([classes.index(word) for word in words.tolist()], dtype=float)[codes]


def _numbers(table: pa.Table, name: str) -> Array:
    column = table[name]
    if column.null_count:
        raise ValueError(f"the column '{name}' has empty cells")
    if not pa.types.is_floating(column.type):
        raise ValueError(f"the column '{name}' holds {column.type}, expected numbers")
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused below
        values: Array = column.to_numpy().astype(float)
    if not np.isfinite(values).all():
        raise ValueError(f"the column '{name}' holds NaN or infinity")
    return values


def _integers(table: pa.Table, name: str) -> NDArray[np.int64]:
    column = table[name]
    if column.null_count or not pa.types.is_integer(column.type):
        raise ValueError(f"the column '{name}' holds {column.type}, expected whole numbers")
    values: NDArray[np.int64] = column.to_numpy().astype(np.int64)
    if len(values) and not 0 <= values.min() <= values.max() <= _LARGEST:
        raise ValueError(f"the column '{name}' holds numbers outside of 0 to {_LARGEST}")
    return values


def read(file: Path, result: Result) -> tuple[Predictions, list[str]]:
    """The predictions of the result in ``file``, and the examples' names by row number.

    Raises:
        ParalbenchError: where they are missing, are not those the result was made from, or cannot
            be read.
    """
    path = file.with_suffix(".parquet")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ParalbenchError(f"{path}: the predictions of this result are missing.") from None
    if hashlib.sha256(content).hexdigest() != result.predictions_sha256:
        raise ParalbenchError(f"{path}: these are not the predictions the result was made from.")
    try:
        # Not read_table, which imports pandas and starts threads for every small file.
        table = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        return Predictions.restored(table, result.classes)
    except (pa.ArrowInvalid, ValueError) as error:
        raise ParalbenchError(f"{path}: {error}.") from None


def _column(values: NDArray[Any]) -> pa.Array:
    """As ``pa.array(values)`` without missing values, which would import pandas (0.4 s)."""
    if values.dtype.kind != "U":
        buffer = pa.py_buffer(np.ascontiguousarray(values))
        return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, buffer])
    texts = [text.encode() for text in values.tolist()]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)
