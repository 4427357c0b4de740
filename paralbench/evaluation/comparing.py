"""Pairwise comparison of results of one task on the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from paralbench.records.errors import UsageError
from paralbench.records.result import Paired, Result
from paralbench.results.predictions import Predictions
from paralbench.results.scores import difference
from paralbench.statistics.corrections import CORRECTIONS


@dataclass(frozen=True)
class Contender:
    """A result with its predictions and the ids of its examples; ``name`` is used in messages."""

    name: str
    result: Result
    predictions: Predictions
    examples: Sequence[str]


@dataclass(frozen=True)
class Pair:
    """Two contenders by index, ours before theirs; ``adjusted`` is p corrected for all pairs."""

    ours: int
    theirs: int
    paired: Paired
    adjusted: float


def compare(
    contenders: Sequence[Contender], metric: str | None = None, correction: str = "holm"
) -> list[Pair]:
    """Compare all pairs, in the order of the contenders.

    ``metric`` defaults to the task's ranking metric; ``correction`` adjusts the p-values.

    Raises:
        UsageError: if two results differ in task, version, data or examples.
    """
    first = contenders[0]
    for other in contenders[1:]:
        _check_comparable(first, other)
    indices = list(combinations(range(len(contenders)), 2))
    differences = [
        difference(
            metric or first.result.ranking,
            contenders[ours].predictions,
            contenders[theirs].predictions,
        )
        for ours, theirs in indices
    ]
    adjusted = CORRECTIONS[correction]([compared.p for compared in differences])
    return [
        Pair(*index, compared, float(p))
        for index, compared, p in zip(indices, differences, adjusted, strict=True)
    ]


def _check_comparable(first: Contender, second: Contender) -> None:
    """Raise UsageError if two contenders differ in more than model and head."""
    names = f"{first.name} and {second.name} cannot be compared"
    ours, theirs = first.result, second.result
    facts = (
        ("task", ours.task, theirs.task),
        ("version of the task", ours.task_version, theirs.task_version),
        ("standing of the data, synthetic or not", ours.data.synthetic, theirs.data.synthetic),
        ("fingerprint of the data", ours.data.fingerprint[:16], theirs.data.fingerprint[:16]),
        ("ranking metric", ours.ranking, theirs.ranking),
    )
    for what, mine, yours in facts:
        if mine != yours:
            raise UsageError(f"{names}: their {what} differs ({mine}, {yours}).")
    if unshared := set(first.examples) ^ set(second.examples):
        raise UsageError(
            f"{names}: {len(unshared)} examples were scored in one of them only "
            f"({len(first.examples)} in the first, {len(second.examples)} in the second)."
        )
    layouts = zip(first.predictions.layout(), second.predictions.layout(), strict=True)
    if not all(np.array_equal(*columns) for columns in layouts):
        raise UsageError(
            f"{names}: the examples have the same names, but not the same truth, steps or speakers."
        )
