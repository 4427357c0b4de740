"""docs/tasks.md, written from the cards: every task, its folds, and what the true corpus holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paralbench.catalog import Catalog, Corpus
from paralbench.records.corpus_card import CorpusCard, Fact
from paralbench.records.task_card import (
    ClassTarget,
    CrossedFolds,
    DistributionTarget,
    FixedFolds,
    GroupFolds,
    LeaveOneGroupOut,
    NumberTarget,
    Partitions,
    SeriesTarget,
    TaskCard,
)
from paralbench.results.eligibility import never_ranked

NO_NUMBERS = "it writes a page of the documentation"

_HEAD = """# Corpora and tasks

Written from the cards by `make docs`. Counts are those of the
true corpora, as far as they are known, with how surely: *found* in public material, *computed* from a
public artefact, *inferred*, or *unconfirmed*. `paralbench verify CORPUS DIR` compares a copy with them.
*Term* says how long a characteristic lasts, not how long a recording is: short for states (emotion), medium for
conditions of days to months (depression, infections, stuttering), long for traits and lasting diseases (age, accent,
dementia).
*Published numbers* says with which published scores a task's can be compared, with which not, and why.
"""

_COLUMNS = (
    "task", "target", "folds", "development", "never on two sides", "metrics", "term", "examples",
    "ranked", "published numbers",
)  # fmt: skip


def markdown(catalog: Catalog) -> str:
    """The whole page."""
    parts = [_HEAD]
    for corpus in sorted(catalog.corpora.values(), key=lambda one: one.card.id):
        parts.extend(_corpus(corpus))
    return "\n".join(parts) + "\n"


def _corpus(corpus: Corpus) -> Iterator[str]:
    card = corpus.card
    yield f"\n## {card.id}: {card.title}\n"
    licence = (
        card.licence
        if card.licence_certainty == "found"
        else f"{card.licence} ({card.licence_certainty})"
    )
    terms = f" ({card.terms})" if card.terms else ""
    yield f"Licence: {licence}{terms}. Access: {card.access}. {card.obtain}\n"
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'---|' * len(_COLUMNS)}"
    for task in corpus.tasks:
        yield f"| {' | '.join(_task(task, card))} |"
    for task in corpus.tasks:
        yield from _fold_table(task, card.facts)
    if card.facts:
        yield "\n| what the true corpus holds | known | source |"
        yield "|---|---|---|"
        for fact in card.facts:
            yield f"| {_fact(fact)} | {fact.certainty} | {fact.source} |"
    if card.errata:
        yield "\n| erratum | what it says | known |"
        yield "|---|---|---|"
        for erratum in card.errata:
            yield f"| {erratum.id} | {erratum.says} | {erratum.certainty} |"


def _task(task: TaskCard, corpus: CorpusCard) -> tuple[str, ...]:
    protocol = task.protocol
    metrics = ", ".join(
        [
            f"**{task.metrics.ranking}**",
            *(m for m in task.metrics.report if m != task.metrics.ranking),
        ]
    )
    return (
        f"`{task.id}`",
        _target(task),
        _folds(task),
        _development(task),
        ", ".join(protocol.never_cross),
        metrics,
        task.term,
        "" if task.examples is None else str(task.examples),
        _ranked(task, corpus),
        "; ".join(
            f"{'comparable' if one.comparable else '*not comparable*'}: {one.how.rstrip('.')} ({one.source})"
            for one in task.published
        ),
    )


def _ranked(task: TaskCard, corpus: CorpusCard) -> str:
    reason = never_ranked(task, corpus)
    instead = f"; see `{task.protocol.instead}`" if task.protocol.instead else ""
    if reason:
        return f"never: {reason}{instead}"
    return "among copies of like completeness" if task.partial else "yes"


def _target(task: TaskCard) -> str:
    target = task.target
    if isinstance(target, DistributionTarget):
        return (
            f"{target.label}: shares of the votes on {', '.join(target.classes)}{_merged(target)}"
        )
    if isinstance(target, ClassTarget):
        names = ", ".join(target.classes) or "the data's own"
        cuts = f" (cut at {', '.join(f'{cut:g}' for cut in target.cuts)})" if target.cuts else ""
        return f"{target.label}: {names}{cuts}{_merged(target)}"
    if isinstance(target, SeriesTarget):
        return f"{target.label}, {target.rate:g} a second, delay {target.delay:g} s"
    assert isinstance(target, NumberTarget)
    return f"{target.label}, a number"


def _merged(target: ClassTarget | DistributionTarget) -> str:
    merges = target.merge.items()
    return "".join(f", {old} counts as {new}" for old, new in merges if old != new)


def _folds(task: TaskCard) -> str:
    protocol = task.protocol
    if isinstance(protocol, LeaveOneGroupOut):
        return f"leave one {protocol.by} out"
    if isinstance(protocol, GroupFolds):
        return f"{protocol.folds} folds of whole {protocol.by}s"
    if isinstance(protocol, FixedFolds):
        folds = "; ".join(" ".join(fold) for fold in protocol.folds)
        return f"{len(protocol.folds)} folds of {protocol.by}s, written out: {folds}"
    if isinstance(protocol, CrossedFolds):
        cells = " × ".join(
            f"{folds} folds of {by}s" for by, folds in zip(protocol.by, protocol.folds, strict=True)
        )
        return f"{cells}, crossed"
    assert isinstance(protocol, Partitions)
    return f"{' + '.join(protocol.train)} → {' + '.join(protocol.test)}"


def _development(task: TaskCard) -> str:
    protocol = task.protocol
    if isinstance(protocol, Partitions) and protocol.develop:
        return " + ".join(protocol.develop)
    how = protocol.development
    if how is None:
        return "none"
    if how.within is not None:
        return f"the rest of the test fold's {how.within}"
    if how.share is not None:
        return f"{100 * how.share:g} % of the training {how.by}s"
    return f"{how.count} training {how.by}{'' if how.count == 1 else 's'}"


def _fold_table(task: TaskCard, facts: Sequence[Fact]) -> Iterator[str]:
    """Class counts of every fold, where the facts count the task's label fold by fold."""
    target, protocol = task.target, task.protocol
    if not isinstance(target, ClassTarget) or target.cuts or isinstance(protocol, CrossedFolds):
        return
    by = "partition" if isinstance(protocol, Partitions) else protocol.by
    rows = []
    for fact in facts:
        fold = fact.where.get(by, [])
        if fact.by == target.label and len(fold) == 1:
            counts = dict.fromkeys(target.classes, 0)
            for name, count in fact.values.items():
                kept = target.merge.get(name, name)
                if kept in counts:
                    counts[kept] += count
            rows.append((fold[0], counts, fact.certainty))
    if rows:
        yield f"\n`{task.id}`, fold by fold:\n"
        yield f"| {by} | {' | '.join(target.classes)} | all | known |"
        yield f"|---|{'---|' * (len(target.classes) + 2)}"
        for fold_name, counts, certainty in rows:
            cells = " | ".join(str(count) for count in counts.values())
            yield f"| {fold_name} | {cells} | {sum(counts.values())} | {certainty} |"


def _fact(fact: Fact) -> str:
    where = " and ".join(f"{key} {', '.join(values)}" for key, values in fact.where.items())
    among = f" (of {where})" if where else ""
    if fact.by is None:
        return f"{fact.value} examples{among}"
    counts = ", ".join(f"{name} {count}" for name, count in fact.values.items())
    return f"by {fact.by}{among}: {counts}"
