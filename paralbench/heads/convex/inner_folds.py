"""Inner folds: the training side dealt into parts of complete groups, always the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.records.errors import ParalbenchError


@dataclass(frozen=True)
class InnerFolds:
    """Which part each row of the training side is in, and how the parts were made.

    Args:
        number: [rows], the part.
        count: how many there are; 0 where no row can be held out.
        scored: [rows], rows whose class is also in another part; a map fitted without a row's part
            cannot know a class that is nowhere else.
        kept: whether parts keep groups together.
    """

    number: NDArray[np.int64]
    count: int
    scored: NDArray[np.bool_]
    kept: bool

    @classmethod
    def of(
        cls, groups: NDArray[np.int64] | None, kinds: NDArray[np.int64], wanted: int
    ) -> InnerFolds:
        """``wanted`` parts, or as many as there are groups.

        Args:
            groups: [rows]; without them every row is a group by itself.
            kinds: [rows], the rows' classes; zeros where there are none.
            wanted: how many parts.

        Where groups cannot be held out, since there is one, or since fewer than two classes are in
        more than one of them, rows are dealt instead, blocks of neighbours for numbers.
        """
        rows = np.arange(len(kinds))
        made = cls._dealt(rows if groups is None else groups, kinds, wanted, groups is not None)
        if made._usable(kinds) or groups is None:
            return made if made._usable(kinds) else cls._none(len(rows))
        blocks = rows * wanted // len(rows) if not kinds.any() else rows
        made = cls._dealt(blocks, kinds, wanted, False)
        return made if made._usable(kinds) else cls._none(len(rows))

    def check(self, groups: NDArray[np.int64]) -> None:
        """Refuse parts that share a group.

        Raises:
            ParalbenchError: where a group is on both sides of an inner fold.
        """
        order = np.argsort(groups, kind="stable")
        same = groups[order][1:] == groups[order][:-1]
        crossing = same & (self.number[order][1:] != self.number[order][:-1])
        if crossing.any():
            group = groups[order][1:][crossing][0]
            raise ParalbenchError(f"group {group} is on both sides of an inner fold.")

    @classmethod
    def _dealt(
        cls, groups: NDArray[np.int64], kinds: NDArray[np.int64], wanted: int, kept: bool
    ) -> InnerFolds:
        """Largest groups first, each to where it leaves the classes' shares most even."""
        names, member = np.unique(groups, return_inverse=True)
        count = min(wanted, len(names))
        classes = int(kinds.max()) + 1
        sizes = np.zeros((len(names), classes))
        np.add.at(sizes, (member, kinds), 1)
        shares = sizes / np.maximum(sizes.sum(0), 1)
        shuffled = np.random.default_rng(0).permutation(len(names))
        order = shuffled[np.argsort(-sizes.sum(1)[shuffled], kind="stable")]
        held, total = np.zeros((count, classes)), np.zeros(count)
        part = np.zeros(len(names), np.int64)
        for group in order:
            cost = (2 * held + shares[group]) @ shares[group]
            best = np.lexsort((total, cost.round(12)))[0]
            part[group] = best
            held[best] += shares[group]
            total[best] += sizes[group].sum()
        number = part[member]
        present = np.zeros((count, classes), bool)
        present[number, kinds] = True
        folds = cls(number, count, (present.sum(0) > 1)[kinds], kept)
        if kept:
            folds.check(groups)
        return folds

    @classmethod
    def _none(cls, rows: int) -> InnerFolds:
        return cls(np.zeros(rows, np.int64), 0, np.zeros(rows, bool), False)

    def _usable(self, kinds: NDArray[np.int64]) -> bool:
        return self.count > 1 and (not kinds.any() or len(np.unique(kinds[self.scored])) > 1)
