"""Splits by protocol and groups of the examples; deterministic on every machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import product

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Rows, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example
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
    protocol, examples = selection.task.protocol, selection.examples
    rule = protocol.development
    result: list[Split] = []
    for fold, (test, fixed) in enumerate(_test_rows(selection)):
        pool = np.setdiff1d(np.arange(len(examples)), np.concatenate([test, fixed]))
        if isinstance(protocol, Partitions):
            pool = np.array([row for row in pool if examples[row].partition in protocol.train])
        elif isinstance(protocol, CrossedFolds):
            pool = _crossed_pool(examples, pool, test, protocol)
        for seed in seeds:
            develop = fixed
            if not len(fixed) and rule is not None:
                if rule.within is not None:
                    # Examples of the training pool that share a group with the test fold.
                    tested = {examples[row].group(rule.within) for row in test}
                    rows = [row for row in pool if examples[row].group(rule.within) in tested]
                    develop = np.array(rows, np.int64)
                else:
                    develop = _development(examples, pool, rule, fold, seed)
            train = np.setdiff1d(pool, develop)
            _check_usable(selection, fold, train)
            result.append(Split(fold, seed, train, develop, test))
    return result


def whole(selection: Selection, seeds: Sequence[int]) -> list[Split]:
    """One split per seed for a deployed head: no example is held out for testing.

    The protocol draws training and development from all examples; a corpus with partitions keeps
    its own split. ``test`` holds all examples, so its scores do not measure generalisation.
    """
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
        develop = none if rule is None else _development(selection.examples, rows, rule, 0, seed)
        train = np.setdiff1d(rows, develop)
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
    groups: Sequence[str], targets: NDArray[np.float64], classes: int, folds: int
) -> NDArray[np.int64]:
    """Assign complete groups to folds with balanced sizes and class counts.

    Largest groups first (ties in the order of their names' digests); each goes to the fold where it
    keeps the class counts most even, then to the smallest. Depends on names and counts only.

    Returns:
        The fold of each example.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        rows[group].append(row)
    if len(rows) < folds:
        raise ParalbenchError(f"{folds} folds need {folds} groups, got {len(rows)}.")
    kinds = max(classes, 1)
    counts = {
        group: np.bincount(
            targets[members].astype(int) if classes else np.zeros(len(members), int),
            minlength=kinds,
        )
        for group, members in rows.items()
    }
    order = sorted(rows, key=lambda group: (-len(rows[group]), _shuffled(group)))
    total = np.maximum(sum(counts.values(), np.zeros(kinds, int)), 1)
    assigned = np.zeros((folds, kinds))
    fold_of = np.zeros(len(groups), dtype=np.int64)
    for group in order:
        share = (assigned + counts[group]) / total
        cost = ((share**2).sum(1) - ((assigned / total) ** 2).sum(1)).round(12)
        fold = min(range(folds), key=lambda number: (cost[number], assigned[number].sum(), number))
        assigned[fold] += counts[group]
        fold_of[rows[group]] = fold
    return fold_of


def _test_rows(selection: Selection) -> list[tuple[Rows, Rows]]:
    """The test rows of each fold, and the development rows that the corpus fixes."""
    protocol, examples = selection.task.protocol, selection.examples
    none = np.zeros(0, dtype=np.int64)
    if isinstance(protocol, Partitions):
        parts = np.array([example.partition or "" for example in examples])
        test = np.flatnonzero(np.isin(parts, protocol.test))
        if not len(test):
            raise ParalbenchError(
                f"task '{selection.task.id}': no example with a label is in the partition "
                f"{' or '.join(protocol.test)} (got {', '.join(sorted(set(parts)))}); 'paralbench "
                f"verify {selection.task.corpus} DIR' names a label file that is absent."
            )
        return [(test, np.flatnonzero(np.isin(parts, protocol.develop)))]
    if isinstance(protocol, CrossedFolds):
        first, second = (
            _group_folds(selection, by, folds)
            for by, folds in zip(protocol.by, protocol.folds, strict=True)
        )
        cells = product(np.unique(first), np.unique(second))
        tests = [np.flatnonzero((first == row) & (second == column)) for row, column in cells]
        return [(test, none) for test in tests if len(test)]
    groups = np.array([example.group(protocol.by) for example in examples])
    names = sorted(set(groups))
    if isinstance(protocol, LeaveOneGroupOut):
        if len(names) < 2:
            raise ParalbenchError(
                f"leaving one {protocol.by} out needs two or more, got one: {names[0]}."
            )
        return [(np.flatnonzero(groups == name), none) for name in names]
    if isinstance(protocol, FixedFolds):
        _check_fixed(selection.task.id, protocol, set(names))
        return [(np.flatnonzero(np.isin(groups, fold)), none) for fold in protocol.folds]
    assert isinstance(protocol, GroupFolds)
    fold_of = _group_folds(selection, protocol.by, protocol.folds)
    return [(np.flatnonzero(fold_of == fold), none) for fold in np.unique(fold_of)]


def _group_folds(selection: Selection, by: str, folds: int) -> NDArray[np.int64]:
    """The fold of each example, in at most ``folds`` folds of groups of ``by``."""
    groups = [example.group(by) for example in selection.examples]
    names = set(groups)
    if len(names) < 2:
        raise ParalbenchError(f"folds by {by} need two or more of them, got only '{names.pop()}'.")
    folds = min(folds, len(names))
    return balanced(groups, selection.targets, len(selection.classes), folds)


def _crossed_pool(
    examples: Sequence[Example], pool: Rows, test: Rows, protocol: CrossedFolds
) -> Rows:
    """The rows of the pool that share no group of either kind with a test fold of the cell."""
    for by in protocol.by:
        tested = {examples[row].group(by) for row in test}
        pool = np.array([row for row in pool if examples[row].group(by) not in tested], np.int64)
    return pool


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


def _development(
    examples: Sequence[Example], pool: Rows, rule: Development, fold: int, seed: int
) -> Rows:
    """Complete groups of the training pool; the seed rotates the selection."""
    assert rule.by is not None
    groups = np.array([examples[row].group(rule.by) for row in pool])
    names = sorted(set(groups), key=lambda name: _shuffled(f"{fold}/{name}"))
    if len(names) < 2:
        return np.zeros(0, dtype=np.int64)
    first = seed * (rule.count or max(1, round((rule.share or 0) * len(names))))
    chosen: list[str] = []
    size = 0
    for step in range(len(names) - 1):
        enough = rule.share is not None and size >= rule.share * len(pool)
        if enough or len(chosen) >= (rule.count or len(names)):
            break
        chosen.append(names[(first + step) % len(names)])
        size += int((groups == chosen[-1]).sum())
    return pool[np.isin(groups, chosen)]


def _check_usable(selection: Selection, fold: int, train: Rows) -> None:
    if not len(train):
        raise ParalbenchError(
            f"task '{selection.task.id}', fold {fold}: no example is left to train on."
        )
    if selection.classes and len(set(selection.targets[train])) < 2:
        only = selection.classes[int(selection.targets[train[0]])]
        raise ParalbenchError(
            f"task '{selection.task.id}', fold {fold}: the training examples are all '{only}'; "
            "the classes are spread over too few groups."
        )


def _shuffled(name: str) -> str:
    return sha256(name.encode()).hexdigest()
