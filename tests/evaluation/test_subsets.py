"""Subsets of a training side: nested, of whole speakers or of labels a class; tests never change."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.subsets import most, sizes, subset
from paralbench.heads.head import Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.learning_curve import By
from tests.evaluation.cases import example, selected

FOLDS: dict[str, Any] = {
    "kind": "group-folds", "by": "speaker", "folds": 4, "never_cross": ["speaker"],
    "cluster": "speaker", "development": {"by": "speaker", "share": 0.25},
}  # fmt: skip


def _selection(speakers: int = 16, each: int = 6, *, diagnosis: bool = False) -> Selection:
    examples = [
        example(f"{speaker}-{number}", "ab"[(speaker if diagnosis else number) % 2],
                speaker=f"s{speaker:02d}")
        for speaker in range(speakers) for number in range(each)
    ]  # fmt: skip
    return selected(examples, FOLDS)


def _side(split: Split) -> set[int]:
    return {*split.train.tolist(), *split.develop.tolist()}


@pytest.mark.parametrize("by", ["speakers", "labels"])
def test_sizes_are_nested_and_the_largest_is_the_split(by: By) -> None:
    selection = _selection()
    dealt = splits(selection, [0, 1])
    largest = most(selection, dealt, by)
    assert largest == (12 if by == "speakers" else 36)
    for split in dealt:
        drawn = [
            subset(selection, split, by, size, 3) for size in [*sizes(largest).tolist(), largest]
        ]
        for smaller, larger in pairwise(drawn):
            assert set(smaller.train.tolist()) < set(larger.train.tolist())
            assert set(smaller.develop.tolist()) <= set(larger.develop.tolist())
        for part in drawn:
            assert np.array_equal(part.test, split.test)
            assert _side(part) <= _side(split)
        assert np.array_equal(drawn[-1].train, split.train)
        assert np.array_equal(drawn[-1].develop, split.develop)


def test_speakers_are_drawn_as_a_whole_and_as_many_as_asked_for() -> None:
    selection = _selection()
    numbers = selection.group("speaker").numbers
    for split in splits(selection, [0]):
        for size in (1, 2, 4, 8):
            rows = sorted(_side(subset(selection, split, "speakers", size, 0)))
            assert len(set(numbers[rows].tolist())) == size
            assert len(rows) == 6 * size


def test_labels_are_drawn_evenly_from_each_class() -> None:
    selection = _selection()
    for split in splits(selection, [0]):
        for size in (1, 2, 4, 8, 16):
            part = subset(selection, split, "labels", size, 0)
            counts = np.bincount(selection.targets[sorted(_side(part))].astype(int))
            assert counts.tolist() == [size, size]
            assert len(part.develop) == 2 * (size * len(split.develop) // len(_side(split)))


def test_draws_differ_and_are_the_same_again() -> None:
    selection = _selection()
    (split, *_) = splits(selection, [0])
    drawn = [subset(selection, split, "speakers", 4, draw) for draw in (0, 1, 0)]
    assert _side(drawn[0]) != _side(drawn[1])
    assert _side(drawn[0]) == _side(drawn[2])


def test_of_a_diagnosis_two_speakers_have_both_classes_and_one_has_not() -> None:
    selection = _selection(diagnosis=True)
    for split in splits(selection, [0]):
        part = subset(selection, split, "speakers", 2, 0)
        assert set(selection.targets[part.train]) == {0.0, 1.0}
        with pytest.raises(ParalbenchError, match="without an example"):
            subset(selection, split, "speakers", 1, 0)
