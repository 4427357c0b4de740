"""Nested subsets of the training side of a split: some speakers, or some labels of each class.

A draw orders speakers and examples by digests of their names, so the subset of a size holds those of
all smaller sizes, and it is the same on every machine. Development keeps its share of each subset;
test sides never change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Rows, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.learning_curve import By


def most(selection: Selection, splits: Sequence[Split], by: By) -> int:
    """Number of speakers, or of labels of the largest class, on the largest training side."""
    units = selection.group(selection.task.protocol.cluster).numbers
    largest = 0
    for split in splits:
        side = np.concatenate([split.train, split.develop])
        if by == "speakers":
            largest = max(largest, len(np.unique(units[side])))
        else:
            largest = max(largest, int(np.bincount(selection.targets[side].astype(int)).max()))
    return largest


def sizes(largest: int) -> NDArray[np.int64]:
    """1, 2, 4, 8, ... below ``largest``.

    >>> sizes(12).tolist()
    [1, 2, 4, 8]
    """
    return 2 ** np.arange(max(0, int(largest - 1).bit_length()))


def subset(selection: Selection, split: Split, by: By, size: int, draw: int) -> Split:
    """The split with only ``size`` speakers, or labels of each class, to train and develop on.

    Raises:
        ParalbenchError: if a class that the training side has is left without an example.
    """
    pick = _speakers if by == "speakers" else _labels
    keep = np.zeros(len(selection.examples), dtype=bool)
    keep[pick(selection, split, size, draw)] = True
    train, develop = split.train[keep[split.train]], split.develop[keep[split.develop]]
    if selection.classes and set(selection.targets[train]) != set(selection.targets[split.train]):
        raise ParalbenchError(f"{size} {by} leave a class of fold {split.fold} without an example")
    if not len(train):
        raise ParalbenchError(f"{size} {by} leave fold {split.fold} without a training example")
    return Split(split.fold, split.seed, train, develop, split.test)


def _speakers(selection: Selection, split: Split, size: int, draw: int) -> Rows:
    groups = selection.group(selection.task.protocol.cluster)
    train = np.unique(groups.numbers[split.train])
    develop = np.setdiff1d(groups.numbers[split.develop], train)
    classes: dict[int, set[float]] = {int(number): set() for number in (*train, *develop)}
    for row in np.concatenate([split.train, split.develop]).tolist():
        label = float(selection.targets[row]) if selection.classes else 0.0
        classes[int(groups.numbers[row])].add(label)
    sides = [
        _covering(sorted(side.tolist(), key=lambda number: _place(groups.names[number], draw)), classes)
        for side in (train, develop)
    ]  # fmt: skip
    chosen = _shared(sides, size)
    rows: Rows = np.flatnonzero(np.isin(groups.numbers, chosen))
    return rows


def _labels(selection: Selection, split: Split, size: int, draw: int) -> Rows:
    rows: list[int] = []
    for label in np.unique(selection.targets[split.train]):
        sides = [
            sorted(
                side[selection.targets[side] == label].tolist(),
                key=lambda row: _place(selection.examples[row].id, draw),
            )
            for side in (split.train, split.develop)
        ]
        rows += _shared(sides, size)
    return np.array(rows, dtype=np.int64)


def _covering(order: Sequence[int], classes: Mapping[int, set[float]]) -> list[int]:
    """The order, in which those come first that bring a class no earlier one has."""
    covered: set[float] = set()
    first = []
    for number in order:
        if classes[number] - covered:
            covered |= classes[number]
            first.append(number)
    return first + [number for number in order if number not in first]


def _shared(sides: Sequence[Sequence[int]], size: int) -> list[int]:
    """The first ``size`` of training and development together, in the shares of the two."""
    train, develop = sides
    total = len(train) + len(develop)
    size = min(size, total)
    held = size * len(develop) // total
    return [*train[: size - held], *develop[:held]]


def _place(name: str, draw: int) -> bytes:
    return sha256(f"{draw} {name}".encode()).digest()
