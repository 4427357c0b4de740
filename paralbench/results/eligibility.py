"""Whether a result may be ranked, from what it records: by the run, and again by whoever validates."""

from __future__ import annotations

from collections.abc import Collection

from paralbench.records.result import Standing
from paralbench.records.task_card import TaskCard

_CLUSTERS_LEAST = 5
"""With fewer the simulated coverage of a 95 % interval falls below nine in ten."""


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
    """The standing and, where it is not ranked, why.

    Args:
        task: the task's card.
        synthetic: whether the corpus was made by ``paralbench synth``.
        listed: examples found, known errata left out.
        scored: examples scored.
        unknown: groups that some example does not name.
        clusters: test clusters that the interval was drawn from.
        pinned: whether the model's card pins the sha256 of the weights that were run.
        null: whether every encoder is one that must not know the answer.
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
    needed = {protocol.cluster, getattr(protocol, "by", protocol.cluster)}
    nameless = sorted(needed & set(unknown))
    if nameless:
        return "unverified", f"the {' and '.join(nameless)} of some examples is unknown"
    if clusters < _CLUSTERS_LEAST:
        return "unverified", f"{clusters} test {protocol.cluster}s are too few for an interval"
    if not pinned:
        return "unverified", "the model's card does not pin the sha256 of these weights"
    return "ranked", ""
