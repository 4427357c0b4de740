"""Eligibility of a result for the ranking, decided by the run and again by the validation."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from paralbench.records.corpus_card import CorpusCard
from paralbench.records.result import Standing
from paralbench.records.task_card import ClassTarget, Partitions, TaskCard

LEAST_CLUSTERS = 5
"""With fewer, the simulated coverage of a 95 % interval falls below 90 %."""

_LEAST_SHARE = 0.5
"""Of the published examples; less of a corpus says little about it."""


def eligibility(
    task: TaskCard,
    *,
    synthetic: bool,
    listed: int,
    scored: int,
    classes: Mapping[str, int],
    tested: int,
    tested_classes: Mapping[str, int],
    release: str | None,
    unknown: Collection[str],
    clusters: int,
    pinned: bool,
    null: bool = False,
    own: bool = False,
) -> tuple[Standing, str]:
    """The standing and, where the result is not ranked, the reason.

    Args:
        task: the task's card.
        synthetic: whether the corpus was made by ``paralbench synth``.
        listed: examples in the corpus without its known errata.
        scored: examples scored.
        classes: scored examples of each class; empty for numbers and series.
        tested: test examples.
        tested_classes: test examples of each class; empty for numbers and series.
        release: the known release that the corpus is a copy of, if any.
        unknown: groups that are missing for some examples.
        clusters: test clusters that the interval was drawn from.
        pinned: whether the model's card pins the sha256 of the weights that were run.
        null: whether all encoders are nulls.
        own: whether the corpus is the user's own, which nobody else can run again.
    """
    if null:
        return "null", "a null must not know the answer; it is what the others have to beat"
    if task.protocol.comparison:
        reason = f"for comparison with {task.protocol.comparison}: groups cross its folds"
        return "comparison", reason
    if synthetic:
        return "synthetic", "the corpus was made by 'paralbench synth'"
    if own:
        return "local", "the data are your own, so nobody else can check the result"
    published = max(task.examples or listed, listed)
    least = _LEAST_SHARE * published if task.partial else published
    if scored < least:
        return "incomplete", f"{scored} of {published} examples were scored"
    # A crossed task has no number of its own; missing examples of its two tasks are refusals.
    undeclared = "" if release or task.transfer else _undeclared(task, scored, classes)
    undeclared = undeclared or _test_side(task, tested, tested_classes, release)
    if undeclared:
        return "unverified", undeclared
    protocol = task.protocol
    by = getattr(protocol, "by", protocol.cluster)
    needed = {protocol.cluster, *([by] if isinstance(by, str) else by)}
    nameless = sorted(needed & set(unknown))
    if nameless:
        return "unverified", f"the {' and '.join(nameless)} of some examples is unknown"
    if clusters < LEAST_CLUSTERS:
        return "unverified", f"{clusters} test {protocol.cluster}s are too few for an interval"
    if not pinned:
        return "unverified", "the model's card does not pin the sha256 of these weights"
    return "ranked", ""


def _undeclared(task: TaskCard, scored: int, classes: Mapping[str, int]) -> str:
    """Why nothing shows that these are all published examples; "" where something does."""
    if task.examples is None:
        return "the task declares no number of examples, and the copy is no known release"
    if scored > task.examples:
        return f"{scored} examples were found, the task declares {task.examples}"
    if isinstance(task.target, ClassTarget) and not task.counts:
        return "the task does not declare the examples of each class"
    for name, count in task.counts.items():
        if not task.partial and classes.get(name, 0) != count:
            return (
                f"{classes.get(name, 0)} examples of '{name}' were found, the task declares {count}"
            )
    return ""


def never_ranked(task: TaskCard, corpus: CorpusCard) -> str:
    """Why no result of the task can be ranked, as far as the cards say; "" where one can."""
    if task.protocol.comparison:
        return f"for comparison with {task.protocol.comparison}"
    few = corpus.speakers is not None and corpus.speakers < LEAST_CLUSTERS
    if few and task.protocol.cluster == "speaker":
        return f"{corpus.speakers} speakers; an interval needs {LEAST_CLUSTERS}"
    if corpus.access == "own":
        return "the data are your own"
    if not corpus.releases and task.examples is None:
        return "the number of its examples is not known"
    if isinstance(task.protocol, Partitions) and not corpus.releases and task.tested is None:
        return "the number of its test examples is not known"
    return ""


def _test_side(task: TaskCard, tested: int, classes: Mapping[str, int], release: str | None) -> str:
    """Why nothing shows that an official split's test side is complete; "" where something does."""
    if not isinstance(task.protocol, Partitions) or task.partial:
        return ""
    if task.tested is None:
        return "" if release or task.transfer else "the task does not declare its test examples"
    if tested != task.tested:
        return f"{tested} examples were tested, the task declares {task.tested}"
    for name, count in task.tested_counts.items():
        if classes.get(name, 0) != count:
            return f"{classes.get(name, 0)} examples of '{name}' were tested, the task declares {count}"
    return ""
