"""Whether predictions are those of the declared protocol: folds, seeds, ids, groups, probabilities."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from paralbench.records.result import Result
from paralbench.records.task_card import FixedFolds, GroupFolds, Partitions, TaskCard
from paralbench.results.predictions import Predictions
from paralbench.submission.loading import Loaded
from paralbench.submission.problem import Problem, shown

Integers = NDArray[np.int64]
_SALTED = re.compile(r"[0-9a-f]{24}")
_SUM = 1e-3
"""By how much float32 probabilities of many classes may miss 1."""


def under_protocol(loaded: Loaded, card: TaskCard) -> list[Problem]:
    """What does not fit the task's protocol, in the table and in the audit."""
    table = loaded.name.removesuffix(".json") + ".parquet"
    result, found = loaded.result, loaded.predictions
    told = [
        *_ids(loaded),
        *_once(found, result),
        *_assignment(found, loaded.ids),
        *_clusters(found, card),
        *_probabilities(found),
        *_attributes(found, card),
    ]
    problems = [Problem(table, *one) for one in told]
    told = [*_declared(result, card), *_audit(result, card, found)]
    return problems + [Problem(loaded.name, *one) for one in told]


def _ids(loaded: Loaded) -> Iterator[tuple[str, str]]:
    wrong = [name for name in loaded.ids if not _SALTED.fullmatch(name)]
    if wrong:
        said = f"expected salted hashes of 24 hexadecimal digits, came {shown(wrong[0])}"
        yield "example", f"{said} and {len(wrong) - 1} more" if wrong[1:] else said


def _once(found: Predictions, result: Result) -> Iterator[tuple[str, str]]:
    places = _places(found)
    _, counts = np.unique(_joined(found.seeds, places), return_counts=True)
    if counts.max() > 1:
        said = f"{int((counts > 1).sum())} examples are predicted more than once under one seed"
        yield "example", said
    seeds = np.unique(found.seeds)
    everything = len(np.unique(places))
    for seed in seeds:
        came = len(np.unique(places[found.seeds == seed]))
        if came != everything:
            yield "seed", f"expected {everything} predictions under seed {seed}, came {came}"
    if seeds.tolist() != list(range(len(seeds))):
        said = f"expected seeds from 0 on without a gap, came {shown(seeds.tolist())}"
        yield "seed", f"{said}; nobody may pick the lucky ones"
    if sorted(result.seeds) != seeds.tolist():
        yield "seed", f"expected the seeds {shown(result.seeds)}, came {shown(seeds.tolist())}"
    if found.classes != tuple(result.classes):
        yield "truth", f"expected the classes {shown(result.classes)}"


def _assignment(found: Predictions, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, values in (("fold", found.folds), ("cluster", found.clusters)):
        first, counts = _several(found.rows, values)
        if counts > 1:
            said = f"expected the same {name} for an example under every seed, {ids[first]} has"
            yield name, f"{said} {counts}"
    places = _places(found)
    pairs = np.unique(_joined(places, np.unique(found.truth, return_inverse=True)[1]))
    if several := len(pairs) - len(np.unique(places)):
        yield "truth", f"{several} examples have another truth under another seed"


def _clusters(found: Predictions, card: TaskCard) -> Iterator[tuple[str, str]]:
    protocol = card.protocol
    apart = {*protocol.never_cross, getattr(protocol, "by", protocol.cluster)}
    if protocol.cluster not in apart:
        return
    if _several(found.clusters, found.folds)[1] > 1:
        said = f"a {protocol.cluster} is tested in more than one fold"
        yield "cluster", f"{said}; the protocol keeps each in one"


def _probabilities(found: Predictions) -> Iterator[tuple[str, str]]:
    if not found.classes:
        return
    outputs = found.outputs
    if outputs.min() < 0 or outputs.max() > 1:
        yield "p:", f"expected probabilities, came {outputs.min():g} to {outputs.max():g}"
    off = np.abs(outputs.sum(1) - 1)
    if off.max() > _SUM:
        yield (
            "p:",
            f"expected probabilities that sum to 1, in row {off.argmax()} they miss it by {off.max():.3g}",
        )
    likeliest = outputs.max(1)
    chosen = outputs[np.arange(len(outputs)), found.predicted.astype(int)]
    wrong = np.flatnonzero(chosen < likeliest)
    if len(wrong):
        said = (
            f"{len(wrong)} rows predict another class than the most probable, row {wrong[0]} first"
        )
        yield "predicted", said


def _attributes(found: Predictions, card: TaskCard) -> Iterator[tuple[str, str]]:
    missing = sorted(set(card.metrics.by) - set(found.attributes))
    if missing:
        yield f"by:{missing[0]}", "the task reports scores by it, the column is missing"


def _declared(result: Result, card: TaskCard) -> Iterator[tuple[str, str]]:
    protocol = card.protocol
    expected: int | None = None
    if isinstance(protocol, Partitions):
        expected = 1
    elif isinstance(protocol, FixedFolds):
        expected = len(protocol.folds)
    elif isinstance(protocol, GroupFolds):
        expected = protocol.folds
        if protocol.by == protocol.cluster:
            expected = min(expected, result.scores[0].interval.clusters)
    if expected is not None and result.folds != expected:
        yield "folds", f"expected the {expected} folds of the task, came {result.folds}"
    elif result.folds < 1 + (expected is None):
        yield "folds", f"expected two folds or more, came {result.folds}"


def _audit(result: Result, card: TaskCard, found: Predictions) -> Iterator[tuple[str, str]]:
    audit, protocol = result.audit, card.protocol
    for field in ("never_cross", "controlled"):
        expected, came = getattr(protocol, field), getattr(audit, field)
        if expected != came:
            yield f"audit.{field}", f"expected {shown(expected)} of the task, came {shown(came)}"
    seen = [(one.fold, one.seed) for one in audit.folds]
    pairs = sorted(set(zip(found.folds.tolist(), found.seeds.tolist(), strict=True)))
    if sorted(seen) != pairs:
        yield "audit.folds", f"expected each of {len(pairs)} folds and seeds once, came {len(seen)}"
        return
    whole = result.data.scored == result.data.listed
    for number, one in enumerate(audit.folds):
        rows = (found.folds == one.fold) & (found.seeds == one.seed)
        tested = len(np.unique(found.rows[rows]))
        if one.test < tested or (whole and one.test != tested):
            said = f"expected the {tested} examples of the predictions, came {one.test}"
            yield f"audit.folds.{number}.test", said
        if not one.train:
            yield f"audit.folds.{number}.train", "expected training examples, came none"
    if {name for name in audit.crossing if name in protocol.never_cross} - _within(card):
        yield "audit.crossing", "a group that may never cross is counted as crossing"


def _within(card: TaskCard) -> set[str]:
    development = card.protocol.development
    return {development.within} if development and development.within else set()


def _joined(*columns: Integers) -> Integers:
    """One number for each combination; columns hold small numbers of few kinds."""
    key = np.zeros(len(columns[0]), np.int64)
    for values in columns:
        codes = np.unique(values, return_inverse=True)[1]
        key = key * (int(codes.max()) + 1) + codes
    return key


def _places(found: Predictions) -> Integers:
    """One number for each example and step."""
    return found.rows if found.steps is None else _joined(found.rows, found.steps)


def _several(of: Integers, values: Integers) -> tuple[int, int]:
    """Which of ``of`` comes with the most different values, and with how many."""
    _, first = np.unique(_joined(of, values), return_index=True)
    names, counts = np.unique(of[first], return_counts=True)
    return int(names[counts.argmax()]), int(counts.max())
