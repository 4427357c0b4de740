"""Checks that results of one task agree on data, examples, truth and folds."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paralbench.records.result import Result
from paralbench.results.predictions import Predictions
from paralbench.submission.loading import Loaded
from paralbench.submission.problem import Problem

Facts = Mapping[str, tuple[object, ...]]


@dataclass(frozen=True)
class Sibling:
    """The facts that results of a task must share; ``examples`` is a digest of :func:`facts`.

    ``outputs`` has a digest of the head's outputs under each seed, ``costs`` :func:`fixed_costs`.
    ``unstored`` names the conditions without predictions.
    """

    name: str
    task: tuple[str, str, bool]
    standing: str
    fingerprint: str
    entry: str
    complete: bool
    examples: str
    outputs: tuple[str, ...]
    metric: str
    score: float
    costs: Mapping[str, tuple[int | None, int]]
    unstored: tuple[str, ...] = ()


def sibling(loaded: Loaded) -> Sibling:
    """Reduce a loaded result."""
    result = loaded.result
    digest = hashlib.sha256()
    for name, fact in sorted(facts(loaded).items()):
        digest.update(f"{name} {fact}\n".encode())
    return Sibling(
        loaded.name,
        (result.task, result.provenance.task_card, result.data.synthetic),
        result.standing,
        result.data.fingerprint,
        result.entry,
        result.data.scored == result.data.listed,
        digest.hexdigest(),
        tuple(seed_digests(loaded.predictions).values()),
        result.ranking,
        result.score(result.ranking).value,
        fixed_costs(result),
        tuple(
            item.condition for item in result.conditions if item.condition not in loaded.conditions
        ),
    )


def seed_digests(predictions: Predictions) -> dict[int, str]:
    """A digest of the outputs under each seed, in the order of the examples' ids and steps."""
    steps = np.zeros_like(predictions.rows) if predictions.steps is None else predictions.steps
    digests = {}
    for seed in np.unique(predictions.seeds):
        selected = predictions.seeds == seed
        order = np.lexsort((steps[selected], predictions.rows[selected]))
        outputs = predictions.outputs[selected][order]
        digests[int(seed)] = hashlib.sha256(outputs.tobytes()).hexdigest()
    return digests


def fixed_costs(result: Result) -> Mapping[str, tuple[int | None, int]]:
    """MACs and size that no machine changes: of the encoder with any head, and of references."""
    profile = result.profile
    if profile is None:
        return {}
    costs: dict[str, tuple[int | None, int]] = {}
    encoder = profile.parts.get("encoder")
    for cost in encoder.costs if encoder else []:
        key = f"{result.model.id} {result.model.encoder} {result.model.placement} {cost.seconds}"
        costs[f"encoder {key} {profile.method}"] = cost.macs, encoder.size if encoder else 0
    for reference in profile.references:
        for cost in reference.costs:
            key = f"reference {reference.name} {cost.seconds} {profile.method}"
            costs[key] = cost.macs, reference.size
    return costs


def facts(loaded: Loaded) -> Facts:
    """Fold, truth (of every step), attributes and cluster of each example, by its id.

    A cluster is named by the first id of its examples, because its number depends on all others.
    """
    predictions = loaded.predictions
    ids = np.array(loaded.ids)
    first: dict[int, str] = {}
    for row, cluster in sorted(
        set(zip(predictions.rows.tolist(), predictions.clusters.tolist(), strict=True))
    ):
        first.setdefault(cluster, loaded.ids[row])  # ids are sorted by their number
    at = _first_rows(predictions)
    attributes = [
        predictions.attributes[name][at].tolist() for name in sorted(predictions.attributes)
    ]
    columns = [
        predictions.folds[at].tolist(),
        _truths(predictions, at),
        [first[cluster] for cluster in predictions.clusters[at].tolist()],
        *attributes,
    ]
    return dict(zip(ids[predictions.rows[at]].tolist(), zip(*columns, strict=True), strict=True))


def _first_rows(predictions: Predictions) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The first row of each example under the first seed that has it."""
    order = np.lexsort((predictions.seeds, predictions.rows))
    _, first = np.unique(predictions.rows[order], return_index=True)
    return order[first]


def _truths(
    predictions: Predictions, at: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[object]:
    if predictions.steps is None:
        return [f"{truth:.9g}" for truth in predictions.truth[at]]
    of = defaultdict(list)
    order = np.lexsort((predictions.steps, predictions.seeds, predictions.rows))
    for row, seed, truth in zip(
        predictions.rows[order], predictions.seeds[order], predictions.truth[order], strict=True
    ):
        of[int(row), int(seed)].append(f"{truth:.9g}")
    keys = zip(predictions.rows[at].tolist(), predictions.seeds[at].tolist(), strict=True)
    return [hashlib.sha256(" ".join(of[key]).encode()).hexdigest() for key in keys]


def beside(
    actual: Sequence[Sibling],
    known: Sequence[Sibling],
    read: Callable[[Sibling], Facts],
) -> list[Problem]:
    """Compare each submitted result with those on the board and with each other.

    Args:
        actual: results of the submission.
        known: results on the board.
        read: reads the facts of a result; called only if digests differ.
    """
    problems = _doubled(actual)
    grouped: dict[tuple[str, str, bool], tuple[list[Sibling], list[Sibling]]] = {}
    for place, siblings in enumerate((actual, known)):
        for sibling in siblings:
            grouped.setdefault(sibling.task, ([], []))[place].append(sibling)
    for new, old in grouped.values():
        references = sorted(old, key=lambda sibling: not sibling.complete)
        references += sorted(new, key=lambda sibling: not sibling.complete)
        ranked = next(
            (sibling for sibling in references if sibling.standing in ("ranked", "synthetic")), None
        )
        for sibling in new:
            if (
                ranked
                and sibling.standing == ranked.standing
                and sibling.fingerprint != ranked.fingerprint
            ):
                message = f"is of other data than {ranked.name}: expected the fingerprint"
                message += f" {ranked.fingerprint[:12]}, got {sibling.fingerprint[:12]}"
                problems.append(Problem(sibling.name, "data.fingerprint", message))
                continue
            reference = next(
                (other for other in references if other.fingerprint == sibling.fingerprint), sibling
            )
            if reference.name != sibling.name and reference.examples != sibling.examples:
                table = sibling.name.removesuffix(".json") + ".parquet"
                for field, message in _differences(sibling, reference, read):
                    problems.append(Problem(table, field, message))
    return problems


def _doubled(actual: Iterable[Sibling]) -> list[Problem]:
    seen: dict[str, str] = {}
    problems = []
    for sibling in actual:
        if sibling.entry in seen:
            message = f"is the entry that {seen[sibling.entry]} is already"
            problems.append(Problem(sibling.name, "entry", message))
        seen.setdefault(sibling.entry, sibling.name)
    return problems


def _differences(
    sibling: Sibling, reference: Sibling, read: Callable[[Sibling], Facts]
) -> Iterator[tuple[str, str]]:
    ours, theirs = read(sibling), read(reference)
    foreign, missing = sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())
    if foreign and reference.complete:
        yield (
            "example",
            f"{len(foreign)} ids are not among those of {reference.name}, first {foreign[0]}",
        )
    if missing and sibling.complete:
        yield "example", f"{len(missing)} ids of {reference.name} are missing, first {missing[0]}"
    same = not foreign and not missing
    for place, field in enumerate(("fold", "truth", "cluster")):
        if field == "cluster" and not same:
            continue  # the first of a cluster's ids may be among those that were refused
        shared = sorted(ours.keys() & theirs.keys())
        wrong = [name for name in shared if ours[name][place] != theirs[name][place]]
        if wrong:
            message = f"{len(wrong)} examples have another {field} than in {reference.name}, first {wrong[0]}"
            yield (
                field,
                f"{message}: expected {theirs[wrong[0]][place]}, got {ours[wrong[0]][place]}",
            )
    wrong = [name for name in ours.keys() & theirs.keys() if ours[name][3:] != theirs[name][3:]]
    if wrong:
        yield (
            "by:",
            f"{len(wrong)} examples have other attributes than in {reference.name}, first {min(wrong)}",
        )
