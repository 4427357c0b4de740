"""Eligibility of a result for the ranking, decided by the run and again by the validation."""

from __future__ import annotations

from collections.abc import Collection

from paralbench.records.result import Standing
from paralbench.records.task_card import TaskCard

_LEAST_CLUSTERS = 5
"""With fewer, the simulated coverage of a 95 % interval falls below 90 %."""


def eligibility(
    task: TaskCard,
    *,
    synthetic: bool,
    listed: int,
    scored: int,
    unknown: Collection[str],
    clusters: int,
    pinned: bool,
    null: bool = False,
) -> tuple[Standing, str]:
    """The standing and, where the result is not ranked, the reason.

    Args:
        task: the task's card.
        synthetic: whether the corpus was made by ``paralbench synth``.
        listed: examples in the corpus without its known errata.
        scored: examples scored.
        unknown: groups that are missing for some examples.
        clusters: test clusters that the interval was drawn from.
        pinned: whether the model's card pins the sha256 of the weights that were run.
        null: whether all encoders are nulls.
    """
    if null:
        return "null", "a null must not know the answer; it is what the others have to beat"
    if synthetic:
        return "synthetic", "the corpus was made by 'paralbench synth'"
    declared = task.examples or listed
    if scored < max(declared, listed):
        return "incomplete", f"{scored} of {max(declared, listed)} examples were scored"
    if scored > declared:
        return "unverified", f"{scored} examples were found, the task declares {declared}"
    protocol = task.protocol
    by = getattr(protocol, "by", protocol.cluster)
    needed = {protocol.cluster, *([by] if isinstance(by, str) else by)}
    nameless = sorted(needed & set(unknown))
    if nameless:
        return "unverified", f"the {' and '.join(nameless)} of some examples is unknown"
    if clusters < _LEAST_CLUSTERS:
        return "unverified", f"{clusters} test {protocol.cluster}s are too few for an interval"
    if not pinned:
        return "unverified", "the model's card does not pin the sha256 of these weights"
    return "ranked", ""
