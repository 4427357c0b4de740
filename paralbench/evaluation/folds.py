"""Splits by protocol and groups of the examples; deterministic on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Groups, Selection
from paralbench.heads.head import Rows, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import (
    CrossedFolds,
    Development,
    FixedFolds,
    GroupFolds,
    LeaveOneGroupOut,
    Partitions,
)


def splits(selection: Selection, seeds: Sequence[int]) -> list[Split]:
    """All folds under all seeds, folds outermost.

    Raises:
        ParalbenchError: if the groups do not suffice for the protocol.
    """
    if selection.listed is not None:
        listed = replace(selection.listed, same=selection.same)
        return remaining(splits(listed, seeds), listed, selection)
    protocol = selection.task.protocol
    rule = protocol.development
    result: list[Split] = []
    for fold, (test, fixed) in enumerate(_test_rows(selection)):
        pool = _others(np.arange(len(selection.examples)), test, fixed)
        if isinstance(protocol, Partitions):
            parts = selection.group("partition")
            pool = pool[np.isin(parts.numbers[pool], parts.places(protocol.train))]
        elif isinstance(protocol, CrossedFolds):
            for by in protocol.by:  # neither kind of group of the cell
                numbers = selection.group(by).numbers
                pool = pool[~np.isin(numbers[pool], numbers[test])]
        order = None if rule is None or rule.by is None else _order(selection, pool, rule, fold)
        for seed in seeds:
            develop = fixed
            if not len(fixed) and rule is not None:
                if rule.within is not None:
                    # Examples of the training pool that share a group with the test fold.
                    numbers = selection.group(rule.within).numbers
                    develop = pool[np.isin(numbers[pool], numbers[test])]
                else:
                    assert order is not None
                    develop = _development(order, pool, rule, seed)
            train = _others(pool, develop)
            _check_usable(selection, fold, train)
            result.append(Split(fold, seed, train, develop, test))
    return result


def _others(rows: Rows, *taken: Rows) -> Rows:
    """The rows, ascending, that are in none of ``taken``."""
    free = np.zeros(int(rows.max(initial=-1)) + 1, bool)
    free[rows] = True
    for some in taken:
        free[some[some < len(free)]] = False
    return np.flatnonzero(free)


def whole(selection: Selection, seeds: Sequence[int]) -> list[Split]:
    """One split per seed for a deployed head: no example is held out for testing.

    The protocol draws training and development from all examples; a corpus with partitions keeps
    its own split. ``test`` holds all examples, so its scores do not measure generalisation.
    """
    if selection.listed is not None:
        listed = replace(selection.listed, same=selection.same)
        return remaining(whole(listed, seeds), listed, selection)
    protocol = selection.task.protocol
    rows = np.arange(len(selection.examples))
    if isinstance(protocol, Partitions):
        return [replace(split, test=rows) for split in splits(selection, seeds)]
    rule = protocol.development
    if rule is not None and rule.within is not None:  # there is no test fold to share a group with
        rule = Development(by=rule.within, count=1)
    result = []
    for seed in seeds:
        none = np.zeros(0, dtype=np.int64)
        develop = none
        if rule is not None:
            develop = _development(_order(selection, rows, rule, 0), rows, rule, seed)
        train = _others(rows, develop)
        _check_usable(selection, 0, train)
        result.append(Split(0, seed, train, develop, rows))
    return result


def remaining(splits: Sequence[Split], before: Selection, after: Selection) -> list[Split]:
    """The same splits without the examples refused since; no example changes sides.

    Raises:
        ParalbenchError: if a fold has no training example left, or all folds no test example.
    """
    rows = {example.id: row for row, example in enumerate(after.examples)}
    numbers = np.array([rows.get(example.id, -1) for example in before.examples])
    result = []
    for split in splits:
        sides = (numbers[side] for side in (split.train, split.develop, split.test))
        result.append(Split(split.fold, split.seed, *(side[side >= 0] for side in sides)))
        if not len(result[-1].train):
            raise ParalbenchError(f"fold {split.fold}: all its training examples were refused.")
    tested = [split for split in result if len(split.test)]
    if not tested:
        raise ParalbenchError("all test examples were refused.")
    return tested


def balanced(
    groups: Groups, targets: NDArray[np.float64], classes: int, folds: int
) -> NDArray[np.int64]:
    """Assign complete groups to folds with balanced sizes and class counts.

    Largest groups first (ties in the order of their names' digests); each goes to the fold where it
    keeps the class counts most even, then to the smallest. Depends on names and counts only.

    Returns:
        The fold of each example.
    """
    if len(groups.names) < folds:
        raise ParalbenchError(f"{folds} folds need {folds} groups, got {len(groups.names)}.")
    kinds = max(classes, 1)
    cells = groups.numbers * kinds + (targets.astype(int) if classes else 0)
    counts = np.bincount(cells, minlength=len(groups.names) * kinds).reshape(-1, kinds)
    sizes = counts.sum(1)
    order = sorted(
        range(len(sizes)), key=lambda group: (-sizes[group], _shuffled(groups.names[group]))
    )
    total = np.maximum(counts.sum(0), 1)
    assigned = np.zeros((folds, kinds))
    evenness = ((assigned / total) ** 2).sum(1)
    held = np.zeros(folds)
    fold_of = np.zeros(len(sizes), dtype=np.int64)
    for group in order:
        shares = (((assigned + counts[group]) / total) ** 2).sum(1)
        cost = (shares - evenness).round(12)
        fold = min(
            range(folds), key=list(zip(cost.tolist(), held.tolist(), strict=True)).__getitem__
        )
        assigned[fold] += counts[group]
        evenness[fold] = shares[fold]
        held[fold] += sizes[group]
        fold_of[group] = fold
    return fold_of[groups.numbers]


def _test_rows(selection: Selection) -> list[tuple[Rows, Rows]]:
    """The test rows of each fold, and the development rows that the corpus fixes."""
    protocol = selection.task.protocol
    none = np.zeros(0, dtype=np.int64)
    if isinstance(protocol, Partitions):
        parts = selection.group("partition")
        test = np.flatnonzero(np.isin(parts.numbers, parts.places(protocol.test)))
        if not len(test):
            present = sorted({example.partition or "" for example in selection.examples})
            raise ParalbenchError(
                f"task '{selection.task.id}': no example with a label is in the partition "
                f"{' or '.join(protocol.test)} (got {', '.join(present)}); 'paralbench "
                f"verify {selection.task.corpus} DIR' names a label file that is absent."
            )
        return [(test, np.flatnonzero(np.isin(parts.numbers, parts.places(protocol.develop))))]
    if isinstance(protocol, CrossedFolds):
        first, second = (
            _group_folds(selection, by, folds)
            for by, folds in zip(protocol.by, protocol.folds, strict=True)
        )
        cells = product(np.unique(first), np.unique(second))
        tests = [np.flatnonzero((first == row) & (second == column)) for row, column in cells]
        return [(test, none) for test in tests if len(test)]
    groups = selection.group(protocol.by)
    names = groups.names
    if isinstance(protocol, LeaveOneGroupOut):
        if len(names) < 2:
            raise ParalbenchError(
                f"leaving one {protocol.by} out needs two or more, got one: {names[0]}."
            )
        order = np.argsort(groups.numbers, kind="stable")
        ends = np.cumsum(np.bincount(groups.numbers))[:-1]
        return [(rows, none) for rows in np.split(order, ends)]
    if isinstance(protocol, FixedFolds):
        # The card lists the names as the corpus writes them.
        groups = Groups.of([example.group(protocol.by) for example in selection.examples])
        _check_fixed(selection.task.id, protocol, set(groups.names))
        return [
            (np.flatnonzero(np.isin(groups.numbers, groups.places(fold))), none)
            for fold in protocol.folds
        ]
    assert isinstance(protocol, GroupFolds)
    fold_of = _group_folds(selection, protocol.by, protocol.folds)
    return [(np.flatnonzero(fold_of == fold), none) for fold in np.unique(fold_of)]


def _group_folds(selection: Selection, by: str, folds: int) -> NDArray[np.int64]:
    """The fold of each example, in at most ``folds`` folds of groups of ``by``."""
    groups = selection.group(by)
    if len(groups.names) < 2:
        raise ParalbenchError(
            f"folds by {by} need two or more of them, got only '{groups.names[0]}'."
        )
    folds = min(folds, len(groups.names))
    return balanced(groups, selection.targets, len(selection.classes), folds)


def _check_fixed(task: str, protocol: FixedFolds, groups: set[str]) -> None:
    """Fixed folds must test every group exactly once, and every fold a group of the data."""
    listed = [group for fold in protocol.folds for group in fold]
    doubled = sorted({group for group in listed if listed.count(group) > 1})
    if doubled:
        raise ParalbenchError(f"task '{task}': {protocol.by} '{doubled[0]}' is tested twice.")
    if untested := groups - set(listed):
        first = min(untested).lstrip("\0")
        raise ParalbenchError(f"task '{task}': no fold tests {protocol.by} '{first}'.")
    for number, fold in enumerate(protocol.folds):
        if not groups & set(fold):
            raise ParalbenchError(
                f"task '{task}', fold {number}: none of its {protocol.by}s is in the data "
                f"({', '.join(fold)})."
            )


@dataclass(frozen=True)
class _Order:
    """The groups of a pool of rows in the order in which they are drawn for development.

    Args:
        numbers: the group of each row of the pool, [rows].
        drawn: numbers of the groups, in their order.
        sizes: rows of each, in the same order.
    """

    numbers: NDArray[np.int64]
    drawn: NDArray[np.int64]
    sizes: NDArray[np.int64]


def _order(selection: Selection, pool: Rows, rule: Development, fold: int) -> _Order:
    assert rule.by is not None
    groups = selection.group(rule.by)
    numbers = groups.numbers[pool]
    sizes = np.bincount(numbers, minlength=len(groups.names))
    present = np.flatnonzero(sizes).tolist()
    drawn = np.array(
        sorted(present, key=lambda group: _shuffled(f"{fold}/{groups.names[group]}")), np.int64
    )
    return _Order(numbers, drawn, sizes[drawn])


def _development(order: _Order, pool: Rows, rule: Development, seed: int) -> Rows:
    """Complete groups of the training pool; the seed rotates the selection."""
    groups = len(order.drawn)
    if groups < 2:
        return np.zeros(0, dtype=np.int64)
    first = seed * (rule.count or max(1, round((rule.share or 0) * groups)))
    drawn, sizes = np.roll(order.drawn, -first), np.roll(order.sizes, -first)
    number = min(rule.count or groups, groups - 1)
    if rule.share is not None:
        # Groups are drawn until they hold this share.
        number = min(number, 1 + int(np.searchsorted(sizes.cumsum(), rule.share * len(pool))))
    return pool[np.isin(order.numbers, drawn[:number])]


def _check_usable(selection: Selection, fold: int, train: Rows) -> None:
    if not len(train):
        raise ParalbenchError(
            f"task '{selection.task.id}', fold {fold}: no example is left to train on."
        )
    if selection.classes and (selection.targets[train] == selection.targets[train[0]]).all():
        only = selection.classes[int(selection.targets[train[0]])]
        raise ParalbenchError(
            f"task '{selection.task.id}', fold {fold}: the training examples are all '{only}'; "
            "the classes are spread over too few groups."
        )


def _shuffled(name: str) -> str:
    return sha256(name.encode()).hexdigest()
