"""Cross-corpus entries: one task derived from a training task and a test task.

The training task provides its training and development examples, the test task its test examples, so
all entries in a column of the matrix share one test set. Ids and groups are prefixed with the corpus,
so that speakers of two corpora never coincide. A task that trains for itself keeps its own protocol
and uses only the classes of the label set.
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
    """The view that trains on ``trained`` and tests on ``tested``.

    Raises:
        UsageError: for two tasks of one corpus, whose speakers would be on both sides.
    """
    card = derived(name, labels, trained.task, tested.task)
    if trained.task.id == tested.task.id:
        examples, refused = _side(tested, labels, "")
        return replace(tested, task=card, reading=Reading(tuple(examples), tuple(refused)))
    examples, refused = [], []
    for view in (trained, tested):
        side, refusals = _side(view, labels, f"{view.corpus.card.id}/")
        examples += _partitioned(side, view.task.protocol, training=view is trained)
        refused += refusals
    return View(
        corpus=tested.corpus,
        reading=Reading(tuple(examples), tuple(refused)),
        task=card,
        synthetic=trained.synthetic or tested.synthetic,
        open=trained.open and tested.open,
    )


def derived(name: str, labels: LabelSet, trained: TaskCard, tested: TaskCard) -> TaskCard:
    """The card of the derived task.

    Raises:
        UsageError: if a task is not in the label set, or both are different tasks of one corpus.
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
            f"and be tested. Give only one of them."
        )
    card = {
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
    return TaskCard.model_validate(card)


def _protocol(trained: Protocol, tested: Protocol) -> Partitions:
    rule = trained.development
    if rule is not None and rule.within is not None:
        rule = Development(by=rule.within, count=1)
    fixed = isinstance(trained, Partitions) and trained.develop
    return Partitions(
        kind="partitions",
        train=[_TRAIN],
        develop=[_DEVELOP] if fixed else [],
        test=[_TEST],
        never_cross=trained.never_cross,
        cluster=tested.cluster,
        controlled=trained.controlled,
        development=None if fixed else rule,
    )


def _side(view: View, labels: LabelSet, prefix: str) -> tuple[list[Example], list[Refusal]]:
    """Examples of the label set's classes, and refusals; ids and groups start with ``prefix``."""
    selection = select(view.task, view.reading.examples, view.reading.refused)
    mapping = labels.tasks[view.task.id]
    examples = []
    for example, target in zip(selection.examples, selection.targets, strict=True):
        name = selection.classes[int(target)]
        if name in mapping:
            groups = {kind: prefix + value for kind, value in example.groups.items()}
            label = {_LABEL: mapping[name]}
            examples.append(replace(example, id=prefix + example.id, labels=label, groups=groups))
    refused = [replace(refusal, subject=prefix + refusal.subject) for refusal in selection.refused]
    missing = (view.task.examples or 0) - len(selection.examples)
    # A refusal without an erratum makes the result incomplete anyway.
    if missing > 0 and not view.synthetic and all(refusal.erratum for refusal in refused):
        reason = f"{missing} of the {view.task.examples} examples that it declares are missing"
        refused.append(Refusal(view.task.id, reason))
    return examples, refused


def _partitioned(examples: list[Example], protocol: Protocol, *, training: bool) -> list[Example]:
    """The examples that the task itself would use on this side, with their partition."""
    if not isinstance(protocol, Partitions):
        partition = _TRAIN if training else _TEST
        return [replace(example, partition=partition) for example in examples]
    parts = dict.fromkeys(protocol.train, _TRAIN) | dict.fromkeys(protocol.develop, _DEVELOP)
    if not training:
        parts = dict.fromkeys(protocol.test, _TEST)
    return [
        replace(example, partition=parts[example.partition])
        for example in examples
        if example.partition in parts
    ]
