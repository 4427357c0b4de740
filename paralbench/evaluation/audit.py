"""The leak audit: an entry runs only if no declared group is on two sides of a split.

A comparison protocol, whose folds are those of a publication, runs all the same: its leak is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.identity import Identities
from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Split
from paralbench.records.errors import LeakError
from paralbench.records.result import Audit, FoldSummary, Leak
from paralbench.records.task_card import CrossedFolds


def audit(selection: Selection, splits: Sequence[Split], same: Identities | None = None) -> Audit:
    """Check train, development and test examples of every split.

    ``same`` names the examples that share a recording, which may not cross either.

    Declared groups may not cross; a kind of group that is missing from some examples is reported as
    unknown; crossing groups of other kinds are counted. A group that development shares with the
    test fold by design may still not be in the training examples; one that it shares with training
    under crossed folds may not be in the test fold.

    Raises:
        LeakError: naming the fold, the group and the two sides; for a comparison protocol only
            where an example itself is on two sides.
    """
    protocol, examples = selection.task.protocol, selection.examples
    kinds = sorted({name for example in examples for name in example.groups})
    declared = [name for name in protocol.never_cross if name in kinds]
    unknown = [
        name
        for name in protocol.never_cross
        if any(name not in example.groups for example in examples)
    ]
    within = protocol.development.within if protocol.development else None
    crossed_folds = protocol if isinstance(protocol, CrossedFolds) else None
    crossing: dict[str, int] = {}
    leaks: dict[str, Leak] = {}
    for split in splits:
        _check_rows(selection, split)
        if same is not None and (crossed := _crossing(split, same.recordings)):
            if protocol.comparison:
                crossing["recording"] = max(crossing.get("recording", 0), len(crossed))
            elif crossed_folds is None or crossed[0].sides != "train and development":
                ids = " and ".join(f"'{examples[row].id}'" for row in crossed[0].rows)
                raise LeakError(
                    f"task '{selection.task.id}', fold {split.fold}, seed {split.seed}: {ids} are "
                    f"the same recording, in {crossed[0].sides}; list it once, or under one "
                    f"{protocol.never_cross[0]}. Nothing was run."
                )
        for name in kinds:
            groups = selection.group(name)
            crossed = _crossing(split, groups.numbers)
            forbidden = crossed if name in declared else []
            if name == within:
                forbidden = [pair for pair in crossed if pair.sides != "development and test"]
            if crossed_folds and name in crossed_folds.by and name != crossed_folds.inner:
                # Development is apart from training by the other kind only.
                crossed = [pair for pair in crossed if pair.sides != "train and development"]
                forbidden = crossed
            if name in declared and protocol.comparison:
                leak = _leak(split, groups.numbers)
                if name not in leaks or leak.trained > leaks[name].trained:
                    leaks[name] = leak
            elif forbidden:
                group, sides = groups.names[forbidden[0].group], forbidden[0].sides
                raise LeakError(
                    f"task '{selection.task.id}', fold {split.fold}, seed {split.seed}: {name} "
                    f"'{group}' is in {sides}; the protocol forbids it, nothing was run."
                )
            if crossed and name not in protocol.controlled:
                crossing[name] = max(crossing.get(name, 0), len({pair.group for pair in crossed}))
    return Audit(
        never_cross=list(protocol.never_cross),
        controlled=list(protocol.controlled),
        unknown=unknown,
        crossing=crossing,
        leaks=leaks,
        joined={} if same is None else same.joined,
        repeated=0 if same is None else same.repeated,
        folds=[
            FoldSummary(
                fold=split.fold, seed=split.seed, train=len(split.train),
                develop=len(split.develop), test=len(split.test),
            )
            for split in splits
        ],
    )  # fmt: skip


def _leak(split: Split, codes: NDArray[np.int64]) -> Leak:
    """The test examples' groups, and those of them that training or development examples have."""
    tested = np.unique(codes[split.test])
    trained = np.isin(tested, codes[np.concatenate([split.train, split.develop])])
    return Leak(trained=int(trained.sum()), tested=len(tested))


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A group's number, a row of it on each of two sides, and the sides."""

    group: int
    rows: tuple[int, int]
    sides: str


def _crossing(split: Split, numbers: NDArray[np.int64]) -> list[_Crossing]:
    """The groups on two sides of a split; ``numbers`` is the number of each row's group."""
    rows = {"train": split.train, "development": split.develop, "test": split.test}
    first = {}
    for side in rows:
        first[side] = np.full(int(numbers.max(initial=-1)) + 1, -1)
        first[side][numbers[rows[side][::-1]]] = rows[side][::-1]
    return [
        _Crossing(
            int(group), (int(first[side][group]), int(first[other][group])), f"{side} and {other}"
        )
        for side, other in combinations(rows, 2)
        for group in np.flatnonzero((first[side] >= 0) & (first[other] >= 0))
    ]


def _check_rows(selection: Selection, split: Split) -> None:
    rows = np.concatenate([split.train, split.develop, split.test])
    counts = np.bincount(rows)
    if counts.max() > 1:
        repeated = selection.examples[int(counts.argmax())].id
        raise LeakError(
            f"task '{selection.task.id}', fold {split.fold}: example '{repeated}' is on two "
            "sides; nothing was run."
        )
