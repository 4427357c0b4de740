"""Checks of predictions against the protocol: folds, seeds, ids, groups, probabilities."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from paralbench.heads import deterministic
from paralbench.records.result import Result
from paralbench.records.task_card import CrossedFolds, FixedFolds, GroupFolds, Partitions, TaskCard
from paralbench.results.predictions import Predictions
from paralbench.submission.loading import Loaded
from paralbench.submission.problem import Problem, listed, shown
from paralbench.submission.siblings import seed_digests

Integers = NDArray[np.int64]
_SALTED = re.compile(r"[0-9a-f]{24}")
_SUM = 1e-3
"""Tolerance for the sum of float32 probabilities of many classes."""


def under_protocol(loaded: Loaded, card: TaskCard) -> list[Problem]:
    """Contradictions to the task's protocol, in the table and in the audit."""
    table = loaded.name.removesuffix(".json") + ".parquet"
    result, predictions = loaded.result, loaded.predictions
    faults = [
        *_ids(loaded),
        *_once(predictions, result),
        *_assignment(predictions, loaded.ids),
        *_clusters(predictions, card),
        *_probabilities(predictions),
        *_attributes(predictions, card),
    ]
    problems = listed(table, faults)
    faults = [*_declared(result, card), *_audit(result, card, predictions)]
    return problems + listed(loaded.name, faults)


def _ids(loaded: Loaded) -> Iterator[tuple[str, str]]:
    wrong = [name for name in loaded.ids if not _SALTED.fullmatch(name)]
    if wrong:
        message = f"expected salted hashes of 24 hexadecimal digits, got {shown(wrong[0])}"
        yield "example", f"{message} and {len(wrong) - 1} more" if wrong[1:] else message


def _once(predictions: Predictions, result: Result) -> Iterator[tuple[str, str]]:
    places = _places(predictions)
    _, counts = np.unique(_joined(predictions.seeds, places), return_counts=True)
    if counts.max() > 1:
        message = f"{int((counts > 1).sum())} examples are predicted more than once under one seed"
        yield "example", message
    seeds = np.unique(predictions.seeds)
    expected = len(np.unique(places))
    for seed in seeds:
        actual = len(np.unique(places[predictions.seeds == seed]))
        if actual != expected:
            yield "seed", f"expected {expected} predictions under seed {seed}, got {actual}"
    if deterministic(result.head) and seeds.tolist() != [0]:
        message = f"expected the seed 0 alone, got {shown(seeds.tolist())}"
        yield "seed", f"{message}; '{result.head}' is deterministic, more seeds repeat one fit"
    elif seeds.tolist() != list(range(len(seeds))):
        message = f"expected seeds from 0 on without a gap, got {shown(seeds.tolist())}"
        yield "seed", f"{message}; seeds must not be selected"
    first: dict[str, int] = {}
    for number, digest in seed_digests(predictions).items():
        earlier = first.setdefault(digest, number)
        if earlier != number:
            yield "seed", f"the outputs under seed {number} are those under seed {earlier}"
    if sorted(result.seeds) != seeds.tolist():
        yield "seed", f"expected the seeds {shown(result.seeds)}, got {shown(seeds.tolist())}"
    if predictions.classes != tuple(result.classes):
        yield "truth", f"expected the classes {shown(result.classes)}"


def _assignment(predictions: Predictions, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, values in (("fold", predictions.folds), ("cluster", predictions.clusters)):
        first, counts = _several(predictions.rows, values)
        if counts > 1:
            message = f"expected the same {name} for an example under every seed, {ids[first]} has"
            yield name, f"{message} {counts}"
    places = _places(predictions)
    pairs = np.unique(_joined(places, np.unique(predictions.truth, return_inverse=True)[1]))
    if several := len(pairs) - len(np.unique(places)):
        yield "truth", f"{several} examples have another truth under another seed"


def _clusters(predictions: Predictions, card: TaskCard) -> Iterator[tuple[str, str]]:
    protocol = card.protocol
    if isinstance(protocol, CrossedFolds):  # a speaker is tested once with each fold of texts
        return
    separated = {*protocol.never_cross, getattr(protocol, "by", protocol.cluster)}
    if protocol.cluster not in separated:
        return
    if _several(predictions.clusters, predictions.folds)[1] > 1:
        message = f"a {protocol.cluster} is tested in more than one fold"
        yield "cluster", f"{message}; the protocol keeps each in one"


def _probabilities(predictions: Predictions) -> Iterator[tuple[str, str]]:
    if not predictions.classes:
        return
    outputs = predictions.outputs
    if outputs.min() < 0 or outputs.max() > 1:
        yield "p:", f"expected probabilities, got {outputs.min():g} to {outputs.max():g}"
    off = np.abs(outputs.sum(1) - 1)
    if off.max() > _SUM:
        yield (
            "p:",
            f"expected probabilities that sum to 1, in row {off.argmax()} they miss it by {off.max():.3g}",
        )
    likeliest = outputs.max(1)
    chosen = outputs[np.arange(len(outputs)), predictions.predicted.astype(int)]
    wrong = np.flatnonzero(chosen < likeliest)
    if len(wrong):
        message = (
            f"{len(wrong)} rows predict another class than the most probable, row {wrong[0]} first"
        )
        yield "predicted", message
    tied = np.flatnonzero((chosen == likeliest) & (outputs.argmax(1) != predictions.predicted))
    if len(tied):
        message = (
            f"{len(tied)} rows with equal probabilities predict another class than the first of"
        )
        yield "predicted", f"{message} them, row {tied[0]} first"


def _attributes(predictions: Predictions, card: TaskCard) -> Iterator[tuple[str, str]]:
    missing = sorted(set(card.metrics.by) - set(predictions.attributes))
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
        yield "folds", f"expected the {expected} folds of the task, got {result.folds}"
    elif result.folds < 1 + (expected is None):
        yield "folds", f"expected two folds or more, got {result.folds}"


def _audit(result: Result, card: TaskCard, predictions: Predictions) -> Iterator[tuple[str, str]]:
    audit, protocol = result.audit, card.protocol
    for field in ("never_cross", "controlled"):
        expected, actual = getattr(protocol, field), getattr(audit, field)
        if expected != actual:
            yield f"audit.{field}", f"expected {shown(expected)} of the task, got {shown(actual)}"
    seen = [(fold.fold, fold.seed) for fold in audit.folds]
    pairs = sorted(set(zip(predictions.folds.tolist(), predictions.seeds.tolist(), strict=True)))
    if sorted(seen) != pairs:
        yield "audit.folds", f"expected each of {len(pairs)} folds and seeds once, got {len(seen)}"
        return
    complete = result.data.scored == result.data.listed
    for number, fold in enumerate(audit.folds):
        rows = (predictions.folds == fold.fold) & (predictions.seeds == fold.seed)
        tested = len(np.unique(predictions.rows[rows]))
        if fold.test < tested or (complete and fold.test != tested):
            message = f"expected the {tested} examples of the predictions, got {fold.test}"
            yield f"audit.folds.{number}.test", message
        if not fold.train:
            yield f"audit.folds.{number}.train", "expected training examples, got none"
    within = {protocol.development.within} if protocol.development else set()
    if set(audit.crossing) & set(protocol.never_cross) - within:
        yield "audit.crossing", "a group that may never cross is counted as crossing"


def _joined(*columns: Integers) -> Integers:
    """A number for each combination of the columns' few values."""
    key = np.zeros(len(columns[0]), np.int64)
    for values in columns:
        codes = np.unique(values, return_inverse=True)[1]
        key = key * (int(codes.max()) + 1) + codes
    return key


def _places(predictions: Predictions) -> Integers:
    """A number for each example and step."""
    return (
        predictions.rows
        if predictions.steps is None
        else _joined(predictions.rows, predictions.steps)
    )


def _several(keys: Integers, values: Integers) -> tuple[int, int]:
    """The key with the most different values, and their number."""
    _, first = np.unique(_joined(keys, values), return_index=True)
    names, counts = np.unique(keys[first], return_counts=True)
    return int(names[counts.argmax()]), int(counts.max())
