"""Folds: every example is tested once, no group is on two sides, and they never move."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import balanced, splits
from paralbench.evaluation.selection import Groups, Selection, select
from paralbench.heads.head import Split
from paralbench.records.errors import LeakError, ParalbenchError
from paralbench.records.example import Example, Refusal
from tests.evaluation.cases import CLASSES, NUMBERS, example, selected, task

GROUP_FOLDS: dict[str, Any] = {
    "kind": "group-folds", "by": "speaker", "folds": 4, "never_cross": ["speaker"],
    "cluster": "speaker", "development": {"by": "speaker", "share": 0.25},
}  # fmt: skip
LEAVE_OUT: dict[str, Any] = {
    "kind": "leave-one-group-out", "by": "session", "never_cross": ["session", "speaker"],
    "cluster": "speaker", "development": {"by": "session", "count": 1},
}  # fmt: skip
PARTITIONS: dict[str, Any] = {
    "kind": "partitions", "train": ["train"], "develop": ["dev"], "test": ["test"],
    "never_cross": ["speaker"], "cluster": "speaker",
}  # fmt: skip


def _corpus(speakers: int, most: int = 9, seed: int = 0) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [
        example(f"{speaker}-{number}", "ab"[number % 2], speaker=f"s{speaker:02d}")
        for speaker in range(speakers)
        for number in range(rng.integers(2, most + 1))
    ]


def _in_sessions() -> list[Example]:
    return [
        example(f"{session}-{number}", "ab"[number % 2], session=f"S{session}",
                speaker=f"S{session}{'FM'[number // 4]}")
        for session in range(5) for number in range(8)
    ]  # fmt: skip


def _names(examples: list[Example], found: list[Split]) -> list[tuple[int, int, Any, Any, Any]]:
    def ids(rows: Any) -> frozenset[str]:
        return frozenset(examples[row].id for row in rows)

    return [
        (item.fold, item.seed, ids(item.train), ids(item.develop), ids(item.test)) for item in found
    ]


@given(
    sizes=st.lists(st.integers(2, 12), min_size=5, max_size=25),
    folds=st.integers(2, 5),
    share=st.floats(0.05, 0.6),
    seed=st.integers(0, 20),
)
def test_group_folds_test_everybody_once_and_nobody_twice(
    sizes: list[int], folds: int, share: float, seed: int
) -> None:
    examples = [
        example(f"{speaker}-{number}", "ab"[number % 2], speaker=f"s{speaker}")
        for speaker, size in enumerate(sizes)
        for number in range(size)
    ]
    how = {**GROUP_FOLDS, "folds": folds, "development": {"by": "speaker", "share": share}}
    result = splits(selected(examples, how), [seed])
    tested = np.concatenate([item.test for item in result])
    assert sorted(tested) == list(range(len(examples)))
    for item in result:
        together = np.concatenate([item.train, item.develop, item.test])
        assert sorted(together) == list(range(len(examples)))
        sides = [
            {examples[row].groups["speaker"] for row in rows}
            for rows in (item.train, item.develop, item.test)
        ]
        assert sum(map(len, sides)) == len(set.union(*sides))
    audit(selected(examples, how), result)


def test_leaving_a_session_out_tests_each_session_once() -> None:
    examples = _in_sessions()
    selection = selected(examples, LEAVE_OUT)
    folds = splits(selection, [0, 1, 2, 3, 4])
    assert len(folds) == 25
    sessions = [{examples[row].groups["session"] for row in item.test} for item in folds]
    assert sessions == [{f"S{fold}"} for fold in range(5) for _ in range(5)]
    for item in folds:
        assert (len(item.train), len(item.develop), len(item.test)) == (24, 8, 8)
    audit(selection, folds)


def test_the_development_session_turns_with_the_seed() -> None:
    examples = _in_sessions()
    folds = splits(selected(examples, LEAVE_OUT), [0, 1, 2, 3, 4])
    for fold in range(5):
        held = [examples[item.develop[0]].groups["session"] for item in folds if item.fold == fold]
        assert len(set(held[:4])) == 4, "four seeds hold out the four sessions left"
        assert held[4] == held[0]


def test_development_takes_about_the_share_asked_for() -> None:
    examples = _corpus(40)
    folds = splits(selected(examples, GROUP_FOLDS), [0, 1, 2])
    shares = [len(item.develop) / (len(item.develop) + len(item.train)) for item in folds]
    assert all(0.25 <= share < 0.35 for share in shares)
    first = {examples[row].id for row in folds[0].develop}
    assert first != {examples[row].id for row in folds[1].develop}


def test_folds_do_not_depend_on_the_order_of_the_examples() -> None:
    examples = _corpus(17)
    shuffled = [examples[place] for place in np.random.default_rng(1).permutation(len(examples))]
    folds = splits(selected(examples, GROUP_FOLDS), [0, 1])
    other = splits(selected(shuffled, GROUP_FOLDS), [0, 1])
    assert _names(examples, folds) == _names(shuffled, other)


def test_folds_stay_what_they_were_in_version_1() -> None:
    """Frozen: who changes how groups are dealt moves every published fold."""
    groups = [f"s{speaker}" for speaker in range(9) for _ in range(2)]
    dealt = balanced(Groups.of(groups), np.tile([0.0, 1.0], 9), 2, 3)
    assert dealt[::2].tolist() == [2, 1, 0, 0, 1, 2, 2, 0, 1]


def test_folds_are_even_in_size_and_classes() -> None:
    rng = np.random.default_rng(2)
    groups = [f"g{group}" for group in range(60) for _ in range(rng.integers(5, 25))]
    targets = rng.choice(3, len(groups), p=[0.6, 0.3, 0.1]).astype(float)
    dealt = balanced(Groups.of(groups), targets, 3, 5)
    for kind in range(3):
        counts = np.bincount(dealt[targets == kind], minlength=5)
        assert counts.max() - counts.min() <= 0.12 * counts.mean()


def test_an_example_without_a_group_is_its_own() -> None:
    examples = [example(f"e{number}", "ab"[number % 2]) for number in range(12)]
    folds = splits(selected(examples, GROUP_FOLDS), [0])
    assert [len(item.test) for item in folds] == [3, 3, 3, 3]


def test_numbers_are_dealt_by_size() -> None:
    examples = [example(f"{n}", float(n), speaker=f"s{n // 3}") for n in range(36)]
    folds = splits(selected(examples, GROUP_FOLDS, target=NUMBERS), [0])
    assert [len(item.test) for item in folds] == [9, 9, 9, 9]


def test_fixed_folds_are_those_written_out() -> None:
    examples = _corpus(6)
    how = {
        **GROUP_FOLDS,
        "kind": "fixed-folds",
        "folds": [["s00", "s05"], ["s01", "s02"], ["s03", "s04"]],
    }
    folds = splits(selected(examples, how), [0])
    assert [
        sorted({examples[row].groups["speaker"] for row in item.test}) for item in folds
    ] == how["folds"]


@pytest.mark.parametrize(
    ("folds", "words"),
    [
        ([["s00", "s01"], ["s01", "s02"]], "speaker 's01' is tested twice"),
        ([["s00"], ["s01"]], "no fold tests speaker 's02'"),
        ([["s00", "s01", "s02"], ["s9"]], r"fold 1: none of its speakers is in the data \(s9\)"),
    ],
)
def test_fixed_folds_that_do_not_fit_the_data_are_refused(folds: Any, words: str) -> None:
    how = {**GROUP_FOLDS, "kind": "fixed-folds", "folds": folds}
    with pytest.raises(ParalbenchError, match=words):
        splits(selected(_corpus(3), how), [0])


def _parted(*parts: str) -> list[Example]:
    return [
        example(f"{part}-{speaker}-{number}", "ab"[number % 2], part, speaker=f"{part}{speaker}")
        for part in parts for speaker in range(4) for number in range(4)
    ]  # fmt: skip


def test_partitions_are_the_corpus_own() -> None:
    examples = _parted("train", "dev", "test", "unused")
    folds = splits(selected(examples, PARTITIONS), [0, 1])
    assert len(folds) == 2
    for item in folds:
        for rows, part in ((item.train, "train"), (item.develop, "dev"), (item.test, "test")):
            assert {examples[row].id for row in rows} == {
                e.id for e in examples if e.partition == part
            }


def test_without_a_development_partition_speakers_are_taken_from_training() -> None:
    how = {**PARTITIONS, "develop": [], "development": {"by": "speaker", "count": 1}}
    examples = _parted("train", "test")
    folds = splits(selected(examples, how), [0, 1, 2, 3])
    held = [{examples[row].groups["speaker"] for row in item.develop} for item in folds]
    assert sorted(name for names in held for name in names) == [
        "train0",
        "train1",
        "train2",
        "train3",
    ]
    assert all(len(item.train) == 12 and len(item.test) == 16 for item in folds)


def test_a_partition_that_is_not_there_is_named() -> None:
    with pytest.raises(ParalbenchError, match=r"partition test \(got dev, train\)"):
        splits(selected(_parted("train", "dev"), PARTITIONS), [0])


@pytest.mark.parametrize("how", [GROUP_FOLDS, {**LEAVE_OUT, "by": "speaker", "cluster": "speaker"}])
def test_too_few_groups_are_reported(how: dict[str, Any]) -> None:
    examples = [example(f"{n}", "ab"[n % 2], speaker="only") for n in range(8)]
    with pytest.raises(ParalbenchError, match=r"two or more.*only"):
        splits(selected(examples, how), [0])


def test_classes_that_do_not_spread_over_groups_are_reported() -> None:
    examples = [example(f"{n}", "ab"[n // 6], speaker=f"s{n // 6}") for n in range(12)]
    with pytest.raises(ParalbenchError, match="fold 0: the training examples are all"):
        splits(selected(examples, {**GROUP_FOLDS, "folds": 2}), [0])


def test_every_fold_comes_under_every_seed() -> None:
    folds = splits(selected(_corpus(8), GROUP_FOLDS), [3, 7])
    assert [(item.fold, item.seed) for item in folds] == [(f, s) for f in range(4) for s in (3, 7)]
    for item, other in pairwise(folds):
        if item.fold == other.fold:
            assert np.array_equal(item.test, other.test)


CROSSED: dict[str, Any] = {
    "kind": "crossed-folds", "by": ["speaker", "text"], "folds": [3, 2],
    "never_cross": ["speaker", "text"], "cluster": "speaker",
    "development": {"by": "speaker", "share": 0.3},
}  # fmt: skip


def _spoken(speakers: int = 7, texts: int = 5) -> list[Example]:
    return [
        example(f"{speaker}-{text}-{take}", "ab"[take], speaker=f"s{speaker}", text=f"t{text}")
        for speaker in range(speakers)
        for text in range(texts)
        for take in range(2)
        if (speaker + text) % 4
    ]


def test_a_crossed_cell_is_trained_on_neither_its_speakers_nor_its_texts() -> None:
    examples = _spoken()
    selection = selected(examples, CROSSED)
    folds = splits(selection, [0, 1])
    tested = np.concatenate([split.test for split in folds if split.seed == 0])
    assert sorted(tested) == list(range(len(examples)))
    for split in folds:
        for kind in ("speaker", "text"):
            of_test = {examples[row].groups[kind] for row in split.test}
            seen = np.concatenate([split.train, split.develop])
            assert of_test.isdisjoint(examples[row].groups[kind] for row in seen)
        trained = {examples[row].groups["speaker"] for row in split.train}
        assert trained.isdisjoint(examples[row].groups["speaker"] for row in split.develop)
    report = audit(selection, folds)
    assert report.crossing == {}
    assert len({split.fold for split in folds}) == 6


def test_a_text_of_a_crossed_test_cell_in_training_is_a_leak() -> None:
    examples = _spoken()
    selection = selected(examples, CROSSED)
    split = splits(selection, [0])[0]
    texts = {examples[row].groups["text"] for row in split.test}
    people = {examples[row].groups["speaker"] for row in [*split.test, *split.develop]}
    leaked = next(
        row for row, item in enumerate(examples)
        if item.groups["text"] in texts and item.groups["speaker"] not in people
    )  # fmt: skip
    train = np.append(split.train, leaked)
    with pytest.raises(LeakError, match="text 't"):
        audit(selection, [Split(0, 0, train, split.develop, split.test)])


def test_inner_folds_of_crossed_folds_are_by_speaker() -> None:
    examples = _spoken()
    groups = selected(examples, CROSSED).groups()
    speakers = [item.groups["speaker"] for item in examples]
    assert len(set(zip(groups.tolist(), speakers, strict=True))) == len(set(speakers)) == 7


@pytest.mark.parametrize("kind", ["group-folds", "leave-one-group-out"])
@pytest.mark.parametrize("target", [CLASSES, NUMBERS])
def test_a_refusal_moves_no_other_example(kind: str, target: dict[str, Any]) -> None:
    """Folds and development sets follow from what the corpus lists, whether it can be used or not."""
    protocol: dict[str, Any] = {
        "kind": kind, "by": "speaker", "never_cross": ["speaker"], "cluster": "speaker",
        "development": {"by": "speaker", "share": 0.2},
    }  # fmt: skip
    if kind == "group-folds":
        protocol["folds"] = 4
    rng = np.random.default_rng(0)
    examples = [
        example(f"e{n}", "ab"[rng.integers(2)] if target is CLASSES else float(n), speaker=f"s{s}")
        for n, s in enumerate(rng.integers(0, 12, 60))
    ]
    card = task(protocol, target)

    def sides(selection: Selection) -> dict[str, set[tuple[int, int, str]]]:
        sides: dict[str, set[tuple[int, int, str]]] = {}
        for split in splits(selection, [0, 1]):
            for name in ("train", "develop", "test"):
                for row in getattr(split, name):
                    place = (split.fold, split.seed, name)
                    sides.setdefault(selection.examples[row].id, set()).add(place)
        return sides

    complete = sides(select(card, examples))
    moved = 0
    for number in range(0, 60, 7):
        refused = examples[number]
        rest = [item for item in examples if item is not refused]
        absent = [Refusal(refused.id, "its start is -1", listed=refused)]
        without = sides(select(card, rest, absent))
        assert without == {name: places for name, places in complete.items() if name != refused.id}
        moved += sides(select(card, rest)) != without
    assert moved  # dealt without it, others do move
