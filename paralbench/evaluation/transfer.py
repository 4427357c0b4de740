"""Trained on one corpus, tested on another: two views become one, of a task derived from both.

The training side gives what its own task trains and develops on, the tested side what its own task
tests, so that a column of the matrix is one test set whoever trained for it. Ids and groups carry
their corpus's name; nobody is taken for a speaker of the other corpus. A task that trains for
itself keeps its own protocol, over the classes of the set alone.
"""

from __future__ import annotations

from dataclasses import replace

from paralbench.corpora.reading import Reading
from paralbench.evaluation.selection import select
from paralbench.evaluation.view import View
from paralbench.records.errors import UsageError
from paralbench.records.example import Example, Refusal
from paralbench.records.label_sets import LabelSet
from paralbench.records.task_card import (
    ClassTarget,
    Development,
    Metrics,
    Partitions,
    Protocol,
    TaskCard,
    Transfer,
)

_TRAIN, _DEVELOP, _TEST = "train", "develop", "test"
_LABEL = "class"


def transfer(name: str, labels: LabelSet, trained: View, tested: View) -> View:
    """The view of ``tested`` under a head trained on ``trained``.

    Args:
        name: the label set's name.
        labels: the label set.
        trained: whose examples train and develop.
        tested: whose test examples are scored.

    Raises:
        UsageError: for two tasks of one corpus, whose speakers would be on both sides.
    """
    card = derived(name, labels, trained.task, tested.task)
    if trained.task.id == tested.task.id:
        examples, refused = _side(tested, labels, "")
        return replace(tested, task=card, reading=Reading(tuple(examples), tuple(refused)))
    trains, lost = _side(trained, labels, f"{trained.corpus.card.id}/")
    tests, lost_too = _side(tested, labels, f"{tested.corpus.card.id}/")
    examples = [
        *_parted(trains, trained.task.protocol, training=True),
        *_parted(tests, tested.task.protocol, training=False),
    ]
    return View(
        corpus=tested.corpus,
        reading=Reading(tuple(examples), (*lost, *lost_too)),
        task=card,
        synthetic=trained.synthetic or tested.synthetic,
        open=trained.open and tested.open,
    )


def derived(name: str, labels: LabelSet, trained: TaskCard, tested: TaskCard) -> TaskCard:
    """The card of the task that is made of two.

    Raises:
        UsageError: where a task is not in the set, or both are different tasks of one corpus.
    """
    for task in (trained, tested):
        if task.id not in labels.tasks:
            raise UsageError(
                f"label set '{name}' has no mapping for task '{task.id}'; it has one for "
                f"{', '.join(labels.tasks)}."
            )
    own = trained.id == tested.id
    if trained.corpus == tested.corpus and not own:
        raise UsageError(
            f"'{trained.id}' and '{tested.id}' are tasks of one corpus; its speakers would train "
            f"and be tested. Give one of them."
        )
    told = {
        "id": f"{tested.id}.from.{trained.id}.{name}",
        "version": tested.version,
        "corpus": tested.corpus,
        "title": f"{tested.title}; trained on {trained.id}, {name}",
        "about": f"Cross-corpus: trained on {trained.id}, tested on {tested.id}. {labels.about}",
        "term": tested.term,
        "target": ClassTarget(kind="class", label=_LABEL, classes=labels.classes),
        "protocol": tested.protocol if own else _protocol(trained.protocol, tested.protocol),
        "metrics": Metrics(ranking="uar", report=["uar", "wa", "macro-f1", "weighted-f1"]),
        "transfer": Transfer(
            labels=name,
            trained=trained.id,
            tested=tested.id,
            mapping={task.id: labels.tasks[task.id] for task in (trained, tested)},
        ),
    }
    return TaskCard.model_validate(told)


def _protocol(trained: Protocol, tested: Protocol) -> Partitions:
    how = trained.development
    if how is not None and how.within is not None:
        how = Development(by=how.within, count=1)
    given = isinstance(trained, Partitions) and trained.develop
    return Partitions(
        kind="partitions",
        train=[_TRAIN],
        develop=[_DEVELOP] if given else [],
        test=[_TEST],
        never_cross=trained.never_cross,
        cluster=tested.cluster,
        controlled=trained.controlled,
        development=None if given else how,
    )


def _side(view: View, labels: LabelSet, before: str) -> tuple[list[Example], list[Refusal]]:
    """The examples of the set's classes and what was refused; ids and groups begin with ``before``."""
    selection = select(view.task, view.reading.examples, view.reading.refused)
    mapping = labels.tasks[view.task.id]
    found = []
    for example, target in zip(selection.examples, selection.targets, strict=True):
        own = selection.classes[int(target)]
        if own in mapping:
            groups = {name: before + value for name, value in example.groups.items()}
            found.append(
                replace(
                    example, id=before + example.id, labels={_LABEL: mapping[own]}, groups=groups
                )
            )
    refused = [replace(one, subject=before + one.subject) for one in selection.refused]
    missing = (view.task.examples or 0) - len(selection.examples)
    # A refusal that no erratum foretold makes the result incomplete anyway.
    if missing > 0 and not view.synthetic and all(one.erratum for one in refused):
        reason = f"{missing} of the {view.task.examples} examples that it declares are not here"
        refused.append(Refusal(view.task.id, reason))
    return found, refused


def _parted(examples: list[Example], protocol: Protocol, *, training: bool) -> list[Example]:
    """Each example in the part it takes; what its own task would not use there is left out."""
    if not isinstance(protocol, Partitions):
        return [replace(one, partition=_TRAIN if training else _TEST) for one in examples]
    parts = dict.fromkeys(protocol.train, _TRAIN) | dict.fromkeys(protocol.develop, _DEVELOP)
    if not training:
        parts = dict.fromkeys(protocol.test, _TEST)
    return [
        replace(one, partition=parts[one.partition]) for one in examples if one.partition in parts
    ]
