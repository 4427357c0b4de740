"""Comparison of results of one task on the same examples, and the examples that it would need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from paralbench.records.errors import UsageError
from paralbench.records.result import Paired, Result
from paralbench.results import files, predictions
from paralbench.results.predictions import Predictions
from paralbench.results.scores import difference
from paralbench.statistics import power
from paralbench.statistics.corrections import CORRECTIONS


@dataclass(frozen=True)
class Contender:
    """A result with its predictions and the ids of its examples; ``name`` is used in messages."""

    name: str
    result: Result
    predictions: Predictions
    examples: Sequence[str]

    @classmethod
    def of(cls, file: Path) -> Contender:
        """The result in ``file``; raises UsageError where there is none."""
        if not file.is_file():
            raise UsageError(f"there is no file {file}; give the .json of a result.")
        result = files.read(file)
        return cls(str(file), result, *predictions.read(file, result))


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


def needed(
    ours: Contender,
    theirs: Contender,
    metric: str | None = None,
    *,
    difference: float | None = None,
    level: float = power.LEVEL,
    share: float = power.POWER,
) -> power.Needed:
    """The number of clusters that separates two contenders in ``share`` of test sets.

    ``metric`` defaults to the task's ranking metric, ``difference`` to the observed one.

    Raises:
        UsageError: if the results differ in task, version, data or examples.
    """
    _check_comparable(ours, theirs)
    chosen = ours.predictions.metric(metric or ours.result.ranking)
    mine, yours = (side.predictions.tallies(chosen) for side in (ours, theirs))
    draws = ours.predictions.draws
    return power.needed(
        chosen, mine, yours, ours.predictions.sizes(), draws.mean(mine) - draws.mean(yours),
        difference=difference, level=level, power=share,
    )  # fmt: skip


def best_null(entry: Contender, results: Path) -> Contender:
    """The null with the best ranking score on the entry's examples, among the results in a folder.

    Raises:
        UsageError: if there is none.
    """
    nulls = []
    for file in files.find(results):
        result = files.read(file)
        if result.standing == "null" and result.task == entry.result.task:
            null = Contender.of(file)
            try:
                _check_comparable(entry, null)
            except UsageError:
                continue  # scored on other examples
            nulls.append(null)
    if not nulls:
        raise UsageError(
            f"{results} holds no null of task '{entry.result.task}' on the examples of "
            f"{entry.name}; give a second result, or run the task with --nulls."
        )
    ranking = entry.result.ranking
    sign = 1.0 if entry.predictions.metric(ranking).higher_is_better else -1.0
    return max(nulls, key=lambda null: sign * null.result.score(ranking).value)


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
