"""Consistency of the scores of a head's other forms, whose predictions are not stored."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paralbench.metrics import metric
from paralbench.records.errors import UsageError
from paralbench.records.result import Paired, Result, Score
from paralbench.submission.problem import Problem, listed, shown
from paralbench.submission.recomputation import TOLERANCE


def compared(name: str, result: Result) -> list[Problem]:
    """Scores and differences of the control and the compressed forms, against the head's own."""
    try:
        own = result.score(result.ranking)
    except KeyError:
        return []
    faults: list[tuple[str, str]] = []
    if result.control is not None:
        faults += _pair("control", own, result.control.score, result.control.paired, +1)
    for number, form in enumerate(result.compressed):
        place = f"compressed.{number}"
        faults += _pair(place, own, form.score, form.paired, -1)
        if not 0 < form.share <= 1:
            faults.append((f"{place}.share", f"expected a share of 1, got {form.share}"))
    if result.forms is not None and result.forms.changed:
        message = f"expected no prediction changed by folding, got {result.forms.changed}"
        faults.append(("forms.changed", message))
    if result.layer_weights and not math.isclose(sum(result.layer_weights), 1, abs_tol=1e-4):
        message = f"expected shares that sum to 1, got {sum(result.layer_weights):.6f}"
        faults.append(("layer_weights", message))
    return listed(name, faults)


def _pair(
    place: str, own: Score, other: Score, paired: Paired, sign: int
) -> Iterator[tuple[str, str]]:
    """``sign`` tells whether the difference is ours minus theirs or theirs minus ours."""
    for field, part in (("score", other), ("paired", paired)):
        if (part.metric, part.version) != (own.metric, own.version):
            message = f"expected {own.metric} {own.version}, got {part.metric} {part.version}"
            yield f"{place}.{field}.metric", message
    if own.by_seed.keys() != other.by_seed.keys():
        message = f"expected the seeds {shown(list(own.by_seed))}, got {shown(list(other.by_seed))}"
        yield f"{place}.score.by_seed", message
        return
    mean = sum(other.by_seed.values()) / max(len(other.by_seed), 1)
    if not _same(mean, other.value):
        message = f"expected {mean}, the mean of its seeds, got {other.value}"
        yield f"{place}.score.value", message
    if not _same(sign * (own.value - other.value), paired.difference):
        message = f"expected {sign * (own.value - other.value)}, got {paired.difference}"
        yield f"{place}.paired.difference", message
    if paired.by_seed:
        differences = [sign * (own.by_seed[seed] - other.by_seed[seed]) for seed in own.by_seed]
        if len(differences) != len(paired.by_seed) or not all(
            map(_same, differences, paired.by_seed)
        ):
            message = f"expected {shown(differences)}, got {shown(paired.by_seed)}"
            yield f"{place}.paired.by_seed", message
    for field, interval in (("score", other.interval), ("paired", paired.interval)):
        if interval.low > interval.high or interval.clusters != own.interval.clusters:
            message = (
                f"expected low up to high over {own.interval.clusters} clusters, got "
                f"{interval.low} to {interval.high} over {interval.clusters}"
            )
            yield f"{place}.{field}.interval", message
    yield from _in_range(f"{place}.score.value", other)


def _in_range(field: str, score: Score) -> Iterator[tuple[str, str]]:
    try:
        bounded = metric(score.metric).target == "class"
    except UsageError:
        return
    if bounded and not 0 <= score.value <= 1:
        yield field, f"expected a value from 0 to 1, got {score.value}"


def _same(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
