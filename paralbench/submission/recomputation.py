"""Everything in a result that follows from its predictions, made again and compared.

One more field that can be made again is one more line in ``RECOMPUTED``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from paralbench.evaluation import scoring
from paralbench.evaluation.subgroups import subgroups
from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.records.task_card import Partitions, TaskCard
from paralbench.results.predictions import Predictions
from paralbench.submission.loading import Loaded
from paralbench.submission.problem import Problem, shown

TOLERANCE = 1e-9
"""Relative; libraries of linear algebra add in different orders. No digit that is shown changes."""

Again = Callable[[TaskCard, Predictions], Any]


def _class_counts(card: TaskCard, found: Predictions) -> dict[str, int]:
    _, first = np.unique(found.rows, return_index=True)
    counts = np.bincount(found.truth[first].astype(int), minlength=len(found.classes))
    return dict(zip(found.classes, map(int, counts), strict=True)) if found.classes else {}


RECOMPUTED: tuple[tuple[str, Callable[[Result], Any], Again], ...] = (
    ("scores", lambda result: result.scores, lambda card, found: scoring.scores(card.metrics, found)),
    (
        "subgroups",
        lambda result: result.subgroups,
        lambda card, found: subgroups(card.metrics, found),
    ),
    (
        "confusion",
        lambda result: result.confusion,
        lambda _, found: scoring.confusion_matrix(found) if found.classes else [],
    ),
    ("seeds", lambda result: result.seeds, lambda _, found: np.unique(found.seeds).tolist()),
    ("folds", lambda result: result.folds, lambda _, found: len(np.unique(found.folds))),
)  # fmt: skip


def recomputed(loaded: Loaded, card: TaskCard) -> list[Problem]:
    """Each field that does not agree with the predictions, by name."""
    problems = []
    for field, stated, again in RECOMPUTED:
        try:
            expected = again(card, loaded.predictions)
        except (ParalbenchError, ValueError) as error:
            said = f"cannot be made of these predictions: {str(error).removesuffix('.')}"
            problems.append(Problem(loaded.name, field, said))
            continue
        found = differences(field, _plain(expected), _plain(stated(loaded.result)))
        problems += [Problem(loaded.name, *one) for one in found]
    problems += [Problem(loaded.name, *one) for one in _counts(loaded, card)]
    return problems


def _counts(loaded: Loaded, card: TaskCard) -> Iterator[tuple[str, str]]:
    """Scored examples and their classes: those of the predictions where every example is tested,
    no fewer where a corpus's own parts train and develop without being tested."""
    data, found = loaded.result.data, loaded.predictions
    tested, classes = len(np.unique(found.rows)), _class_counts(card, found)
    if not isinstance(card.protocol, Partitions):
        yield from differences("data.scored", tested, data.scored)
        yield from differences("data.classes", classes, data.classes)
        return
    stood = max(
        (one.train + one.develop + one.test for one in loaded.result.audit.folds), default=0
    )
    # Folds were counted before files turned out unusable.
    least = max(tested, stood - (data.listed - data.scored))
    if data.scored < least:
        yield "data.scored", f"expected {least} or more of the folds, came {data.scored}"
    if set(data.classes) != set(classes) or (classes and sum(data.classes.values()) != data.scored):
        said = (
            f"expected {data.scored} examples of {', '.join(classes)}, came {shown(data.classes)}"
        )
        yield "data.classes", said
        return
    for name, count in classes.items():
        if data.classes[name] < count:
            said = f"expected {count} or more from the predictions, came {data.classes[name]}"
            yield f"data.classes.{name}", said


def differences(field: str, expected: Any, came: Any) -> Iterator[tuple[str, str]]:
    """(field, sentence) wherever two plain values differ by more than rounding."""
    if isinstance(expected, dict) and isinstance(came, dict):
        for key in sorted(expected.keys() | came.keys()):
            place = f"{field}.{key}"
            if key not in came:
                yield place, f"expected {shown(expected[key])} from the predictions, it is missing"
            elif key not in expected:
                yield place, f"came {shown(came[key])}, the predictions give no such value"
            else:
                yield from differences(place, expected[key], came[key])
    elif isinstance(expected, list) and isinstance(came, list):
        if len(expected) != len(came):
            yield field, f"expected {len(expected)} from the predictions, came {len(came)}"
            return
        for number, pair in enumerate(zip(expected, came, strict=True)):
            yield from differences(f"{field}.{number}", *pair)
    elif not _same(expected, came):
        yield field, f"expected {shown(expected)} from the predictions, came {shown(came)}"


def _same(expected: Any, came: Any) -> bool:
    if isinstance(expected, float) and isinstance(came, float | int):
        return math.isclose(expected, came, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(expected == came)


def _plain(value: Any) -> Any:
    if isinstance(value, Card):
        return value.model_dump()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
