"""Costs of a profile, against its own samples and references, the model's card and other profiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from paralbench.records.profile import Cost, Part, Profile, Ratios, Reference
from paralbench.records.result import Result
from paralbench.submission.problem import Problem, listed
from paralbench.submission.siblings import Sibling

_DIGITS = 6e-5
"""Relative error of a ratio that is rounded to five digits."""
_RANGE = 10
"""How often the references' MACs a second an entry may do; kernels differ, but not by that."""
_TURNS = 3
"""Factor between the ratio of medians and the median of ratios, on a busy machine."""


def profiled(name: str, result: Result) -> list[Problem]:
    """Contradictions within the profile of a result, and to the size of its model."""
    return [] if result.profile is None else listed(name, _faults(result, result.profile))


def _faults(result: Result, profile: Profile) -> Iterator[tuple[str, str]]:
    entry = profile.parts.get("entry")
    for part in ("encoder", "entry"):
        held = profile.parts.get(part)
        if held is not None and held.frozen != result.model.parameters:
            message = f"expected the model's {result.model.parameters}, got {held.frozen}"
            yield f"profile.parts.{part}.frozen", message
    for name, part_costs in profile.parts.items():
        yield from _samples(f"profile.parts.{name}", part_costs.costs)
    encoder = profile.parts.get("encoder")
    for number, cost in enumerate(encoder.costs if encoder else []):
        if cost.macs is not None and cost.seconds >= 1 and cost.macs < result.model.parameters:
            message = f"expected one for each of {result.model.parameters} parameters or more"
            yield f"profile.parts.encoder.costs.{number}.macs", f"{message}, got {cost.macs}"
    if entry is None:
        return
    yield from _speed(entry, profile.references)
    references = {reference.name: reference for reference in profile.references}
    for number, ratios in enumerate(profile.ratios):
        place = f"profile.ratios.{number}"
        reference = references.get(ratios.reference)
        ours, theirs = entry.at(ratios.seconds), _at(reference, ratios.seconds)
        if reference is None or ours is None or theirs is None:
            yield place, f"there are no costs of '{ratios.reference}' on {ratios.seconds} s"
        else:
            yield from _ratios(place, ratios, (entry, ours), (reference, theirs))


def _samples(place: str, costs: Sequence[Cost]) -> Iterator[tuple[str, str]]:
    for number, cost in enumerate(costs):
        samples = cost.latency.samples
        if samples and not min(samples) * 0.99 <= cost.latency.p50 <= max(samples) * 1.01:
            message = f"expected a median of its samples, got {cost.latency.p50}"
            yield f"{place}.costs.{number}.latency.p50", message


def _ratios(
    place: str, ratios: Ratios, ours: tuple[Part, Cost], theirs: tuple[Reference, Cost]
) -> Iterator[tuple[str, str]]:
    (part, cost), (reference, other) = ours, theirs
    for field, own, its in (("macs", cost.macs, other.macs), ("size", part.size, reference.size)):
        stated: float | None = getattr(ratios, field)
        expected = own / its if own and its else None
        if (stated is None) != (expected is None) or (
            stated and expected and not math.isclose(stated, expected, rel_tol=_DIGITS)
        ):
            yield f"{place}.{field}", f"expected {expected} of the costs, got {stated}"
    expected = cost.latency.p50 / other.latency.p50
    if ratios.latency and not expected / _TURNS <= ratios.latency <= expected * _TURNS:
        yield (
            f"{place}.latency",
            f"expected about {expected:.5g} of the costs, got {ratios.latency}",
        )


def _speed(entry: Part, references: Sequence[Reference]) -> Iterator[tuple[str, str]]:
    """An entry that computes much faster than every reference did beside it."""
    speeds = [
        cost.macs / cost.latency.p50
        for reference in references
        for cost in reference.costs
        if cost.macs
    ]
    for number, cost in enumerate(entry.costs):
        if speeds and cost.macs and cost.macs / cost.latency.p50 > _RANGE * max(speeds):
            message = (
                f"expected {_RANGE * max(speeds):.3g} MACs a second or fewer, by the references"
            )
            yield (
                f"profile.parts.entry.costs.{number}.latency.p50",
                f"{message}, got {cost.macs / cost.latency.p50:.3g}",
            )


def _at(reference: Reference | None, seconds: float) -> Cost | None:
    costs = reference.costs if reference else []
    return next((cost for cost in costs if cost.seconds == seconds), None)


def other_costs(actual: Sequence[Sibling], known: Sequence[Sibling]) -> list[Problem]:
    """Results whose fixed costs differ from those that another result states."""
    first: dict[str, tuple[tuple[int | None, int], str]] = {}
    problems = []
    for result in [*known, *actual]:
        for key, cost in result.costs.items():
            expected, name = first.setdefault(key, (cost, result.name))
            if cost != expected and result in actual:
                what = " ".join(key.split()[:2])
                message = f"expected {expected} MACs and bytes of {what}, as {name} has, got {cost}"
                problems.append(Problem(result.name, "profile", message))
                break
    return problems
