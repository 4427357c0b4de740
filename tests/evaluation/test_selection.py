"""What a task makes of a corpus's labels."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paralbench.evaluation.selection import select
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.example import Clip, Example, Refusal
from tests.evaluation.cases import CLASSES, NUMBERS, example, task

OPEN = {"kind": "class", "label": "target"}


def _labelled(*labels: Any) -> list[Example]:
    return [example(f"e{number}", label) for number, label in enumerate(labels)]


def test_classes_keep_the_cards_order() -> None:
    card = task(target={**CLASSES, "classes": ["b", "a"]})
    selection = select(card, _labelled("a", "b", "b"))
    assert selection.classes == ("b", "a")
    assert selection.targets.tolist() == [1, 0, 0]
    assert selection.class_counts() == {"b": 2, "a": 1}


def test_labels_are_merged_and_others_left_out() -> None:
    card = task(target={**CLASSES, "merge": {"c": "b"}})
    selection = select(card, _labelled("a", "c", "zzz", "b"))
    assert [item.id for item in selection.examples] == ["e0", "e1", "e3"]
    assert selection.targets.tolist() == [0, 1, 1]
    assert selection.refused == ()


def test_classes_come_from_the_data_where_the_card_has_none() -> None:
    assert select(task(target=OPEN), _labelled("x", "m", "x")).classes == ("m", "x")


def test_a_missing_label_leaves_an_example_out() -> None:
    bare = Example("bare", (Clip(Path("x.wav")),), {"other": "a"})
    selection = select(task(), [*_labelled("a", "b"), bare])
    assert [item.id for item in selection.examples] == ["e0", "e1"]
    assert selection.refused == ()


def test_cuts_make_classes_of_a_number() -> None:
    card = task(target={**CLASSES, "cuts": [10]})
    selection = select(card, _labelled(0.0, 9.99, 10, "24", "many"))
    assert selection.targets.tolist() == [0, 0, 1, 1]
    assert [(refusal.subject, refusal.reason) for refusal in selection.refused] == [
        ("e4", "its target is 'many', expected a number")
    ]


@pytest.mark.parametrize("label", [math.nan, math.inf, "n/a", 0.5, 5.5])
def test_a_number_that_cannot_be_is_refused_by_name(label: Any) -> None:
    card = task(target={**NUMBERS, "minimum": 1, "maximum": 5})
    selection = select(card, _labelled(1, 5.0, label, "3"))
    assert selection.targets.tolist() == [1, 5, 3]
    (refusal,) = selection.refused
    assert refusal.subject == "e2"
    assert "expected a number from 1.0 to 5.0" in refusal.reason


def test_where_chooses_by_attribute_group_label_and_partition() -> None:
    chosen = replace(example("x", "a", "train", site="A"), attributes={"language": "de"})
    others = [
        replace(chosen, id="language", attributes={"language": "en"}),
        replace(chosen, id="site", groups={"site": "B"}),
        replace(chosen, id="partition", partition="test"),
        replace(chosen, id="none", attributes={}),
    ]
    where = {"language": ["de", "fr"], "site": ["A"], "partition": ["train"], "target": ["a", "b"]}
    second = replace(chosen, id="y", labels={"target": "b"})
    selection = select(task(where=where), [chosen, *others, second])
    assert [item.id for item in selection.examples] == ["x", "y"]


def test_what_the_adapter_refused_stays_refused() -> None:
    before = Refusal("row 3", "its path is empty")
    assert select(task(), _labelled("a", "b"), [before]).refused == (before,)


def test_no_usable_label_is_reported_with_what_there_is() -> None:
    with pytest.raises(
        ParalbenchError, match=r"no usable|no example has a usable label 'mood'.*target"
    ):
        select(task(target={**CLASSES, "label": "mood"}), _labelled("a", "b"))


def test_one_class_is_no_task() -> None:
    with pytest.raises(ParalbenchError, match="expected two or more classes, got only 'a'"):
        select(task(), _labelled("a", "a"))


@pytest.mark.parametrize("count", [20, 40, 300])
def test_numbers_are_not_mistaken_for_classes(count: int) -> None:
    with pytest.raises(ParalbenchError, match="look like numbers or names"):
        select(task(target=OPEN), _labelled(*(f"{number * 0.37:.2f}" for number in range(count))))


def test_many_classes_that_the_card_declares_are_meant() -> None:
    names = [f"c{number}" for number in range(60)]
    assert len(select(task(target={**OPEN, "classes": names}), _labelled(*names)).classes) == 60


def test_refusing_more_keeps_rows_and_targets_together() -> None:
    selection = select(task(), _labelled("a", "b", "b", "a"))
    left = selection.without({"e1": "too short"})
    assert [item.id for item in left.examples] == ["e0", "e2", "e3"]
    assert left.targets.tolist() == [0, 1, 0]
    assert [str(item) for item in left.refused] == ["e1: too short"]


def test_refusing_all_shows_the_first_reason() -> None:
    selection = select(task(), _labelled("a", "b"))
    with pytest.raises(ParalbenchError, match="e0: the file is empty"):
        selection.without({"e0": "the file is empty", "e1": "too short"})


@pytest.mark.parametrize("label", ["nan", "NaN", "<NA>", math.nan])
def test_a_missing_value_is_no_class(label: Any) -> None:
    selection = select(task(target=OPEN), _labelled("a", "b", label))
    assert selection.classes == ("a", "b")
    assert "stands for a missing value" in selection.refused[0].reason


def test_a_numeral_is_what_people_write() -> None:
    selection = select(task(target=NUMBERS), _labelled("0.5", "0_0.4", "1e-1"))
    assert selection.targets.tolist() == [0.5, 0.1]
    assert selection.refused[0].reason == "its target is '0_0.4', expected a number"


def test_refused_examples_stay_listed() -> None:
    absent = Refusal("e9", "its start is -1", "t.csv:3", listed=example("e9", "b", speaker="s9"))
    selection = select(task(target=OPEN), _labelled("a", "b"), [absent])
    assert [item.id for item in selection.examples] == ["e0", "e1"]
    assert [(item.subject, item.reason) for item in selection.refused] == [
        ("e9", "its start is -1")
    ]
    assert selection.listed is not None
    assert [item.id for item in selection.listed.examples] == ["e0", "e1", "e9"]


def test_a_class_that_only_refused_examples_have_is_none() -> None:
    absent = Refusal("e9", "its start is -1", listed=example("e9", "c"))
    selection = select(task(target=OPEN), _labelled("a", "b"), [absent])
    assert selection.classes == ("a", "b")
    assert [item.subject for item in selection.refused] == ["e9"]


VOTED = {"kind": "distribution", "label": "heard", "classes": ["b", "a"], "merge": {"c": "a"}}
SOFT = {"ranking": "cross-entropy", "report": ["cross-entropy"]}


def _voted(*votes: dict[str, int]) -> list[Example]:
    return [
        replace(example(f"e{number}"), votes={"heard": counts} if counts else {})
        for number, counts in enumerate(votes)
    ]


def test_votes_are_merged_and_counted_by_class() -> None:
    examples = _voted({"a": 1, "c": 2}, {"b": 2, "a": 2}, {}, {"zzz": 3}, {"b": 1, "zzz": 5})
    selection = select(task(target=VOTED, metrics=SOFT), examples)
    assert [item.id for item in selection.examples] == ["e0", "e1", "e4"]
    assert selection.votes is not None
    assert selection.votes.tolist() == [[0, 3], [2, 2], [1, 0]]
    # Where votes tie, the class that the card lists first.
    assert selection.targets.tolist() == [1, 0, 0]
    shares = selection.problem().distributions
    assert shares is not None
    assert shares.tolist() == [[0, 1], [0.5, 0.5], [1, 0]]
    rest = selection.without({"e0": "too short"})
    assert rest.votes is not None
    assert rest.votes.tolist() == [[2, 2], [1, 0]]


def test_without_votes_the_task_says_what_there_is() -> None:
    with pytest.raises(ParalbenchError, match="no example has votes on 'heard'"):
        select(task(target=VOTED, metrics=SOFT), _labelled("a", "b"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"classes": ["a"]}, "at least 2"),
        ({"classes": ["a", "a"]}, "listed twice"),
        ({"merge": {"c": "z"}}, "merge names classes that the task does not have: z"),
    ],
)
def test_classes_of_votes_are_checked(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(CardError, match=reason):
        task(target={**VOTED, **change}, metrics=SOFT)
