"""Inner folds: groups stay together, classes spread, and what happens where they cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paralbench.heads.convex.inner_folds import InnerFolds
from paralbench.records.errors import ParalbenchError

RNG = np.random.default_rng(0)
GROUPS, KINDS = RNG.integers(11, size=200), RNG.integers(3, size=200)


def test_groups_stay_together_and_folds_are_even() -> None:
    folds = InnerFolds.of(GROUPS, KINDS, 5)
    assert folds.kept
    assert folds.count == 5
    assert all(len(set(folds.number[group == GROUPS])) == 1 for group in range(11))
    assert np.bincount(folds.number).min() > 20
    assert folds.scored.all()


def test_a_group_on_both_sides_is_caught() -> None:
    folds = InnerFolds.of(GROUPS, KINDS, 5)
    number = folds.number.copy()
    number[0] = (number[0] + 1) % 5
    with pytest.raises(ParalbenchError, match=f"group {GROUPS[0]} is on both sides"):
        replace(folds, number=number).check(GROUPS)


def test_few_groups_are_left_out_one_by_one() -> None:
    folds = InnerFolds.of(GROUPS % 3, KINDS, 5)
    assert folds.count == 3
    assert len({(int(a), int(b)) for a, b in zip(folds.number, GROUPS % 3, strict=True)}) == 3


def test_one_group_is_dealt_by_rows() -> None:
    folds = InnerFolds.of(np.zeros(200, np.int64), KINDS, 5)
    assert not folds.kept
    assert folds.count == 5
    assert (np.bincount(folds.number) == 40).all()


def test_one_recording_is_dealt_by_stretches() -> None:
    folds = InnerFolds.of(np.zeros(200, np.int64), np.zeros(200, np.int64), 4)
    assert not folds.kept
    assert (np.abs(np.diff(folds.number)) > 0).sum() == 3


def test_a_class_of_one_group_is_not_scored() -> None:
    """The others are: a map that never saw a class tells nothing about a strength."""
    kinds = np.where(GROUPS == 4, 3, KINDS)
    folds = InnerFolds.of(GROUPS, kinds, 5)
    assert folds.kept
    assert np.array_equal(folds.scored, kinds != 3)


def test_without_two_rows_of_two_classes_there_are_none() -> None:
    folds = InnerFolds.of(None, np.array([0, 1]), 5)
    assert folds.count == 0
    assert not folds.scored.any()


def test_classes_are_even_over_folds() -> None:
    kinds = (np.arange(200) < 20).astype(np.int64)
    folds = InnerFolds.of(None, kinds, 5)
    assert (np.bincount(folds.number[kinds == 1]) == 4).all()
