"""From a protocol and the examples' groups to splits, the same on every machine and for ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Rows, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example
from paralbench.records.task_card import (
    Development,
    FixedFolds,
    GroupFolds,
    LeaveOneGroupOut,
    Partitions,
)


def splits(selection: Selection, seeds: Sequence[int]) -> list[Split]:
    """Every fold under every seed, folds outermost.

    Raises:
        ParalbenchError: where the groups do not suffice for the protocol.
    """
    protocol = selection.task.protocol
    every = np.arange(len(selection.examples))
    found: list[Split] = []
    for fold, (test, given) in enumerate(_test_rows(selection)):
        pool = np.setdiff1d(every, np.concatenate([test, given]))
        if isinstance(protocol, Partitions):
            pool = np.array(
                [row for row in pool if selection.examples[row].partition in protocol.train]
            )
        for seed in seeds:
            develop = given
            if not len(given) and protocol.development is not None:
                how = protocol.development
                if how.within is not None:
                    develop = _sharing(selection.examples, pool, test, how.within)
                else:
                    develop = _development(selection.examples, pool, how, fold, seed)
            train = np.setdiff1d(pool, develop)
            _check_usable(selection, fold, train)
            found.append(Split(fold, seed, train, develop, test))
    return found


def whole(selection: Selection, seeds: Sequence[int]) -> list[Split]:
    """A split a seed for a head that is to be deployed: nobody is kept back to test it.

    Training and development as the protocol takes them, from all examples; of a corpus with
    partitions, as in its own split. ``test`` is every example, which tells nothing about the head.
    """
    protocol = selection.task.protocol
    every = np.arange(len(selection.examples))
    if isinstance(protocol, Partitions):
        return [replace(one, test=every) for one in splits(selection, seeds)]
    how = protocol.development
    if how is not None and how.within is not None:  # there is no test fold to share a group with
        how = Development(by=how.within, count=1)
    found = []
    for seed in seeds:
        none = np.zeros(0, dtype=np.int64)
        develop = none if how is None else _development(selection.examples, every, how, 0, seed)
        train = np.setdiff1d(every, develop)
        _check_usable(selection, 0, train)
        found.append(Split(0, seed, train, develop, every))
    return found


def remaining(splits: Sequence[Split], before: Selection, after: Selection) -> list[Split]:
    """The same splits without the examples that were refused meanwhile; no example moves.

    Raises:
        ParalbenchError: where a fold has nothing left to train on, or no fold anything to test.
    """
    rows = {example.id: row for row, example in enumerate(after.examples)}
    moved = np.array([rows.get(example.id, -1) for example in before.examples])
    left = [
        Split(
            split.fold,
            split.seed,
            *(moved[side][moved[side] >= 0] for side in (split.train, split.develop, split.test)),
        )
        for split in splits
    ]
    for split in left:
        if not len(split.train):
            raise ParalbenchError(f"fold {split.fold}: all its training examples were refused.")
    tested = [split for split in left if len(split.test)]
    if not tested:
        raise ParalbenchError("all test examples were refused.")
    return tested


def balanced(
    groups: Sequence[str], targets: NDArray[np.float64], classes: int, folds: int
) -> NDArray[np.int64]:
    """Deal whole groups to folds so that sizes and class counts come out even.

    Largest groups first (ties in the order of their names' digests); each goes to the fold where it
    leaves the class counts most even, then to the smallest. Depends on nothing but names and counts.

    Returns:
        The fold of each example.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        rows[group].append(row)
    if len(rows) < folds:
        raise ParalbenchError(f"{folds} folds need {folds} groups, there are {len(rows)}.")
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
    held = np.zeros((folds, kinds))
    fold_of = np.zeros(len(groups), dtype=np.int64)
    for group in order:
        share = (held + counts[group]) / total
        cost = ((share**2).sum(1) - ((held / total) ** 2).sum(1)).round(12)
        fold = min(range(folds), key=lambda number: (cost[number], held[number].sum(), number))
        held[fold] += counts[group]
        fold_of[rows[group]] = fold
    return fold_of


def _test_rows(selection: Selection) -> list[tuple[Rows, Rows]]:
    """(test rows, development rows given by the corpus) of each fold."""
    protocol, examples = selection.task.protocol, selection.examples
    none = np.zeros(0, dtype=np.int64)
    if isinstance(protocol, Partitions):
        parts = np.array([example.partition or "" for example in examples])
        test = np.flatnonzero(np.isin(parts, protocol.test))
        if not len(test):
            raise ParalbenchError(
                f"task '{selection.task.id}': no example stands in the partition "
                f"{' or '.join(protocol.test)} (found: {', '.join(sorted(set(parts)))})."
            )
        return [(test, np.flatnonzero(np.isin(parts, protocol.develop)))]
    groups = np.array([example.group(protocol.by) for example in examples])
    names = sorted(set(groups))
    if isinstance(protocol, LeaveOneGroupOut):
        if len(names) < 2:
            raise ParalbenchError(
                f"leaving one {protocol.by} out needs two or more, there is one: {names[0]}."
            )
        return [(np.flatnonzero(groups == name), none) for name in names]
    if isinstance(protocol, FixedFolds):
        _check_fixed(selection.task.id, protocol, set(names))
        return [(np.flatnonzero(np.isin(groups, fold)), none) for fold in protocol.folds]
    assert isinstance(protocol, GroupFolds)
    if len(names) < 2:
        raise ParalbenchError(
            f"folds by {protocol.by} need two or more of them, there is only '{names[0]}'."
        )
    folds = min(protocol.folds, len(names))
    dealt = balanced(groups.tolist(), selection.targets, len(selection.classes), folds)
    return [(np.flatnonzero(dealt == fold), none) for fold in range(folds)]


def _check_fixed(task: str, protocol: FixedFolds, found: set[str]) -> None:
    """Fixed folds test every group, and each of them once."""
    listed = [group for fold in protocol.folds for group in fold]
    doubled = sorted({group for group in listed if listed.count(group) > 1})
    if doubled:
        raise ParalbenchError(f"task '{task}': {protocol.by} '{doubled[0]}' is tested twice.")
    if found - set(listed):
        first = min(found - set(listed)).lstrip("\0")
        raise ParalbenchError(f"task '{task}': no fold tests {protocol.by} '{first}'.")
    for number, fold in enumerate(protocol.folds):
        if not found & set(fold):
            raise ParalbenchError(
                f"task '{task}', fold {number}: none of its {protocol.by}s is in the data "
                f"({', '.join(fold)})."
            )


def _development(
    examples: Sequence[Example], pool: Rows, how: Development, fold: int, seed: int
) -> Rows:
    """Whole groups out of the training pool; which ones, turns with the seed."""
    assert how.by is not None
    groups = np.array([examples[row].group(how.by) for row in pool])
    names = sorted(set(groups), key=lambda name: _shuffled(f"{fold}/{name}"))
    if len(names) < 2:
        return np.zeros(0, dtype=np.int64)
    wanted = how.count or len(names)
    first = seed * (how.count or max(1, round((how.share or 0) * len(names))))
    taken: list[str] = []
    size = 0
    for step in range(len(names) - 1):
        if len(taken) >= wanted or (how.share is not None and size >= how.share * len(pool)):
            break
        taken.append(names[(first + step) % len(names)])
        size += int((groups == taken[-1]).sum())
    return pool[np.isin(groups, taken)]


def _sharing(examples: Sequence[Example], pool: Rows, test: Rows, name: str) -> Rows:
    """What of the training pool shares the group with the test fold."""
    tested = {examples[row].group(name) for row in test}
    return np.array([row for row in pool if examples[row].group(name) in tested], np.int64)


def _check_usable(selection: Selection, fold: int, train: Rows) -> None:
    if not len(train):
        raise ParalbenchError(
            f"task '{selection.task.id}', fold {fold}: nothing is left to train on."
        )
    if selection.classes and len(set(selection.targets[train])) < 2:
        only = selection.classes[int(selection.targets[train[0]])]
        raise ParalbenchError(
            f"task '{selection.task.id}', fold {fold}: the training examples are all '{only}'; "
            "the classes do not spread over enough groups."
        )


def _shuffled(name: str) -> str:
    return sha256(name.encode()).hexdigest()
