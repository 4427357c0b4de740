"""Which results are ranked, and the reason of those that are not."""

from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import CardError
from paralbench.records.task_card import TaskCard
from paralbench.results.eligibility import eligibility, never_ranked

CARD: dict[str, Any] = {
    "id": "c-t", "version": 1, "corpus": "c", "title": "t", "about": "a", "term": "short",
    "target": {"kind": "class", "label": "target", "classes": ["a", "b"]},
    "protocol": {"kind": "group-folds", "by": "speaker", "folds": 2, "never_cross": ["speaker"],
                 "cluster": "speaker"},
    "metrics": {"ranking": "uar", "report": ["uar"]},
}  # fmt: skip
DECLARED = {"examples": 100, "counts": {"a": 60, "b": 40}}
NUMBER = {"target": {"kind": "number", "label": "x"}}


def card(**more: Any) -> TaskCard:
    return TaskCard.checked({**CARD, **more}, "test")


def standing(task: TaskCard, scored: int = 100, **more: Any) -> tuple[str, str]:
    state = {
        "synthetic": False, "listed": scored, "scored": scored, "classes": {"a": 60, "b": 40},
        "release": None, "unknown": [], "clusters": 9, "pinned": True,
        "tested": scored, "tested_classes": {"a": 60, "b": 40},
    }  # fmt: skip
    return eligibility(task, **{**state, **more})


def test_only_declared_examples_and_class_counts_are_ranked() -> None:
    assert standing(card(**DECLARED)) == ("ranked", "")
    assert standing(card(), scored=138)[0] == "unverified", "138 of some thousand files"
    assert "each class" in standing(card(examples=100))[1]
    assert standing(card(**DECLARED), classes={"a": 59, "b": 41}) == (
        "unverified", "59 examples of 'a' were found, the task declares 60"
    )  # fmt: skip
    assert standing(card(**DECLARED), scored=99)[0] == "incomplete"
    assert standing(card(**DECLARED), scored=101)[0] == "unverified"


def test_a_number_needs_no_class_counts() -> None:
    assert standing(card(**NUMBER, examples=100), classes={}) == ("ranked", "")
    assert standing(card(**NUMBER), classes={})[0] == "unverified"


def test_a_known_release_declares_its_examples() -> None:
    assert standing(card(), release="1.11") == ("ranked", "")
    assert standing(card(), release="1.11", listed=101)[0] == "incomplete"


def test_copies_that_cannot_be_complete_are_ranked_from_half_on() -> None:
    task = card(**DECLARED, partial=True)
    assert standing(task, 50, listed=100, classes={"a": 30, "b": 20}) == ("ranked", "")
    assert standing(task, 49, listed=100)[0] == "incomplete"


def test_a_comparison_is_never_ranked_not_even_on_synthetic_data() -> None:
    protocol = {**CARD["protocol"], "comparison": "Theirs, 2020"}
    task = card(**DECLARED, protocol=protocol)
    for more in ({}, {"synthetic": True}, {"release": "1"}):
        assert standing(task, **more)[0] == "comparison"
    assert "Theirs, 2020" in standing(task)[1]


def test_unknown_groups_few_clusters_and_free_weights_are_unverified() -> None:
    for more in ({"unknown": ["speaker"]}, {"clusters": 4}, {"pinned": False}):
        assert standing(card(**DECLARED), **more)[0] == "unverified"


@pytest.mark.parametrize(
    ("counts", "words"),
    [({"a": 60, "b": 41}, "add up to 101"), ({"a": 100}, "every class"),
     ({"a": 60, "b": 30, "c": 10}, "no other")],
)  # fmt: skip
def test_counts_that_contradict_the_card_are_refused(counts: dict[str, int], words: str) -> None:
    with pytest.raises(CardError, match=words):
        card(examples=100, counts=counts)


def test_cards_alone_say_what_can_never_be_ranked() -> None:
    known = CorpusCard(id="c", title="t", licence="l", access="open", obtain="o", citation="n")
    assert never_ranked(card(**DECLARED), known) == ""
    assert "not known" in never_ranked(card(), known)
    own = known.model_copy(update={"access": "own"})
    assert never_ranked(card(), own) == "the data are your own"
    four = known.model_copy(update={"speakers": 4})
    assert never_ranked(card(**DECLARED), four) == "4 speakers; an interval needs 5"
    by_text = {**CARD["protocol"], "cluster": "text"}
    assert never_ranked(card(**DECLARED, protocol=by_text), four) == ""
    theirs = {**CARD["protocol"], "comparison": "Theirs, 2020"}
    assert "Theirs" in never_ranked(card(**DECLARED, protocol=theirs), known)


SPLIT = {"kind": "partitions", "train": ["train"], "test": ["test"], "never_cross": ["speaker"],
         "cluster": "speaker"}  # fmt: skip


def test_the_test_side_of_an_official_split_is_the_cards() -> None:
    """Half of the test side may not be hidden among the training examples."""
    task = card(**DECLARED, protocol=SPLIT, tested=40, tested_counts={"a": 30, "b": 10})
    test_side = {"a": 30, "b": 10}
    assert standing(task, tested=40, tested_classes=test_side) == ("ranked", "")
    assert standing(task, tested=20, tested_classes={"a": 15, "b": 5}) == (
        "unverified", "20 examples were tested, the task declares 40"
    )  # fmt: skip
    assert "'a' were tested" in standing(task, tested=40, tested_classes={"a": 31, "b": 9})[1]
    undeclared = card(**DECLARED, protocol=SPLIT)
    assert "does not declare its test" in standing(undeclared, tested=40)[1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tested": 40}, "for an official split"),
        ({"protocol": SPLIT, "tested": 9, "tested_counts": {"a": 1, "b": 1}}, "add up to 2"),
        ({"protocol": SPLIT, "tested": 9, "tested_counts": {"a": 9}}, "every class"),
    ],
)
def test_test_counts_that_cannot_be_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(CardError, match=words):
        card(**more)


def test_own_data_stand_locally_however_complete() -> None:
    assert standing(card(**DECLARED), own=True)[0] == "local"


CATALOG = Catalog()
TRUE_COPIES: dict[str, list[str | None]] = {
    "flusense": [None], "e-daic": [None], "cmu-mosei": [None], "sep28k": [None],
    "msp-podcast": ["1.6", "1.7", "1.8", "1.10", "1.11", "1.12"], "voxceleb": ["VoxCeleb 1 and 2"],
}  # fmt: skip
"""The releases of a true copy, None for the only one."""


@pytest.mark.parametrize("corpus", TRUE_COPIES)
def test_a_true_copy_can_be_ranked(corpus: str) -> None:
    known = {item.id for item in CATALOG.corpus(corpus).card.releases}
    assert known >= {name for name in TRUE_COPIES[corpus] if name is not None}
    for task in CATALOG.corpus(corpus).tasks:
        for name in TRUE_COPIES[corpus]:
            state: dict[str, Any] = {
                "classes": task.counts, "release": name, "tested": task.tested or 100,
                "tested_classes": task.tested_counts,
            }  # fmt: skip
            scored = task.examples or 1000
            assert standing(task, scored, **state) == ("ranked", ""), task.id
            assert standing(task, scored - 1, listed=scored, **state)[0] != "ranked" or task.partial
        if task.examples is None:
            assert standing(task, 1000, classes={}, tested=100)[0] == "unverified", task.id
