"""One corpus trains, another is tested: who stands where, under which name, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Corpus, from_environment
from paralbench.corpora.reading import Reading
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import Selection, select
from paralbench.evaluation.transfer import derived, transfer
from paralbench.evaluation.view import View
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import UsageError
from paralbench.records.example import Example, Refusal
from paralbench.records.label_sets import LabelSet
from paralbench.records.task_card import TaskCard
from tests.evaluation.cases import example

LABELS = LabelSet(
    about="two",
    classes=["low", "high"],
    tasks={
        "one-a": {"l": "low", "h": "high"},
        "two-b": {"L": "low", "H": "high"},
        "one-c": {"l": "low", "h": "high"},
    },
)
GROUPS = {
    "kind": "leave-one-group-out", "by": "speaker", "never_cross": ["speaker"], "cluster": "speaker",
    "development": {"by": "speaker", "count": 1},
}  # fmt: skip
PARTS = {
    "kind": "partitions", "train": ["train"], "develop": ["dev"], "test": ["test"],
    "never_cross": ["speaker"], "cluster": "speaker",
}  # fmt: skip


def _view(
    task: str, classes: str, protocol: dict[str, Any], found: list[Example], **more: Any
) -> View:
    corpus = task.split("-")[0]
    card = CorpusCard(
        id=corpus, title="t", licence="l", access="open", obtain="o", citation="c"
    )  # fmt: skip
    record = {
        "id": task, "version": 1, "corpus": corpus, "title": "t", "about": "a", "term": "short",
        "target": {"kind": "class", "label": "target", "classes": list(classes)},
        "protocol": protocol, "metrics": {"ranking": "wa", "report": ["wa"]}, **more,
    }  # fmt: skip
    return View(
        Corpus(Path("here"), card, ()),
        Reading(tuple(found), ()),
        TaskCard.checked(record, "test"),
        synthetic=False,
        open=True,
    )


def _one(task: str = "one-a", **more: Any) -> View:
    examples = [example(f"{n}", "lhx"[n % 3], speaker=f"s{n // 6}") for n in range(36)]
    return _view(task, "lhx", GROUPS, examples, **more)


def _two() -> View:
    parts = ("train", "dev", "test")
    examples = [
        example(f"{n}", "LH"[n % 2], partition=parts[n // 10], speaker=f"s{n // 5}")
        for n in range(30)
    ]
    return _view("two-b", "LH", PARTS, examples)


def _selection(view: View) -> Selection:
    return select(view.task, view.reading.examples, view.reading.refused)


def test_all_of_one_trains_and_the_other_s_own_test_part_is_tested() -> None:
    view = transfer("pair", LABELS, _one(), _two())
    selection = _selection(view)
    for split in splits(selection, (0, 1)):
        tested = {selection.examples[row].id for row in split.test}
        assert tested == {f"two/{n}" for n in range(20, 30)}
        trained = {selection.examples[row].id for row in [*split.train, *split.develop]}
        assert trained == {f"one/{n}" for n in range(36) if n % 3 < 2}
        developers = {selection.examples[row].groups["speaker"] for row in split.develop}
        assert len(developers) == 1
    assert audit(selection, splits(selection, (0, 1))).unknown == []


def test_a_task_with_parts_trains_and_develops_on_its_own() -> None:
    view = transfer("pair", LABELS, _two(), _one())
    (split,) = splits(_selection(view), (0,))
    selection = _selection(view)
    assert {selection.examples[row].partition for row in split.train} == {"train"}
    assert {selection.examples[row].id for row in split.develop} == {
        f"two/{n}" for n in range(10, 20)
    }
    assert {selection.examples[row].id for row in split.test} == {
        f"one/{n}" for n in range(36) if n % 3 < 2
    }


def test_classes_are_those_of_the_set() -> None:
    selection = _selection(transfer("pair", LABELS, _two(), _one()))
    assert selection.classes == ("low", "high")
    labels = {item.id: item.labels["class"] for item in selection.examples}
    assert labels["one/0"] == labels["two/10"] == "low"
    assert labels["one/1"] == labels["two/11"] == "high"


def test_speakers_of_one_name_in_two_corpora_are_not_one() -> None:
    selection = _selection(transfer("pair", LABELS, _one(), _two()))
    speakers = {item.groups["speaker"] for item in selection.examples}
    assert {"one/s4", "two/s4"} <= speakers


def test_a_task_for_itself_keeps_its_protocol() -> None:
    view = transfer("pair", LABELS, _one(), _one())
    assert view.task.protocol == _one().task.protocol
    assert len(splits(_selection(view), (0,))) == 6
    assert {item.id for item in _selection(view).examples} == {
        f"{n}" for n in range(36) if n % 3 < 2
    }


def test_the_name_shows_both_and_the_card_the_mapping() -> None:
    card = derived("pair", LABELS, _one().task, _two().task)
    assert card.id == "two-b.from.one-a.pair"
    assert card.transfer is not None
    assert card.transfer.mapping == {
        "one-a": {"l": "low", "h": "high"},
        "two-b": {"L": "low", "H": "high"},
    }


def test_two_tasks_of_one_corpus_are_refused() -> None:
    with pytest.raises(UsageError, match="tasks of one corpus"):
        derived("pair", LABELS, _one().task, _one("one-c").task)


def test_a_task_without_a_mapping_is_refused() -> None:
    with pytest.raises(UsageError, match="no mapping for task 'one-z'"):
        derived("pair", LABELS, _one("one-z").task, _two().task)


def test_examples_that_the_task_declares_and_nobody_has_make_it_incomplete() -> None:
    complete = transfer("pair", LABELS, _one(examples=36), _two())
    assert complete.reading.refused == ()
    (missing,) = transfer("pair", LABELS, _one(examples=40), _two()).reading.refused
    assert missing == Refusal("one-a", "4 of the 40 examples that it declares are missing")


def test_either_side_being_synthetic_or_closed_counts() -> None:
    synthetic = transfer("pair", LABELS, replace(_one(), synthetic=True), _two())
    closed = transfer("pair", LABELS, replace(_one(), open=False), _two())
    assert (synthetic.synthetic, synthetic.open) == (True, True)
    assert (closed.synthetic, closed.open) == (False, False)


def test_the_platform_s_label_sets_speak_of_its_own_tasks_and_their_classes() -> None:
    catalog = from_environment()
    for labels in catalog.label_sets.values():
        for task, mapping in labels.tasks.items():
            target = catalog.task(task).target
            assert target.kind == "class"
            assert set(mapping) <= set(target.classes), task
