"""Results of one task compared two by two, on the very same examples."""

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
    """A result with its predictions and the names of its examples; ``name`` is for messages."""

    name: str
    result: Result
    predictions: Predictions
    examples: Sequence[str]


@dataclass(frozen=True)
class Pair:
    """Two of them by their places, ours before theirs; ``adjusted`` is p among all pairs."""

    ours: int
    theirs: int
    paired: Paired
    adjusted: float


def compare(
    contenders: Sequence[Contender], metric: str | None = None, correction: str = "holm"
) -> list[Pair]:
    """All pairs, in the order in which they were given.

    Args:
        contenders: two or more.
        metric: which; the task's ranking metric where none is said.
        correction: of the p-values for there being many.

    Raises:
        UsageError: where two are not of the same task, version, data and examples.
    """
    first = contenders[0]
    for other in contenders[1:]:
        _alike(first, other)
    chosen = first.result.ranking if metric is None else metric
    places = list(combinations(range(len(contenders)), 2))
    found = [
        difference(chosen, contenders[ours].predictions, contenders[theirs].predictions)
        for ours, theirs in places
    ]
    adjusted = CORRECTIONS[correction]([one.p for one in found])
    return [
        Pair(*place, one, float(p)) for place, one, p in zip(places, found, adjusted, strict=True)
    ]


def _alike(one: Contender, other: Contender) -> None:
    """Refuse two that differ in anything but who predicted."""
    ours, theirs = one.result, other.result
    facts = (
        ("task", ours.task, theirs.task),
        ("version of the task", ours.task_version, theirs.task_version),
        ("standing of the data, synthetic or not", ours.data.synthetic, theirs.data.synthetic),
        ("fingerprint of the data", ours.data.fingerprint[:16], theirs.data.fingerprint[:16]),
        ("ranking metric", ours.ranking, theirs.ranking),
    )
    for what, mine, yours in facts:
        if mine != yours:
            raise UsageError(
                f"{one.name} and {other.name} cannot be compared: their {what} differs "
                f"({mine}, {yours})."
            )
    if apart := set(one.examples) ^ set(other.examples):
        raise UsageError(
            f"{one.name} and {other.name} cannot be compared: {len(apart)} examples were scored in "
            f"one of them only ({len(one.examples)} in the first, {len(other.examples)} in the second)."
        )
    both = zip(one.predictions.layout(), other.predictions.layout(), strict=True)
    if not all(np.array_equal(*columns) for columns in both):
        raise UsageError(
            f"{one.name} and {other.name} cannot be compared: the examples have the same names, "
            "but not the same truth, steps or speakers."
        )
