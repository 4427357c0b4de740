"""The leak audit: an entry runs only if no declared group is on two sides of a split.

A comparison protocol, whose folds are those of a publication, runs all the same: its leak is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Split
from paralbench.records.errors import LeakError
from paralbench.records.result import Audit, FoldSummary, Leak
from paralbench.records.task_card import CrossedFolds


def audit(selection: Selection, splits: Sequence[Split]) -> Audit:
    """Check train, development and test examples of every split.

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
    groups = {name: np.array([example.group(name) for example in examples]) for name in kinds}
    codes = {name: np.unique(values, return_inverse=True)[1] for name, values in groups.items()}
    for split in splits:
        _check_rows(selection, split)
        for name in kinds:
            crossed = _crossing(split, codes[name], groups[name])
            forbidden = crossed if name in declared else []
            if name == within:
                forbidden = [pair for pair in crossed if pair[1] != "development and test"]
            if crossed_folds and name in crossed_folds.by and name != crossed_folds.inner:
                # Development is apart from training by the other kind only.
                crossed = [pair for pair in crossed if pair[1] != "train and development"]
                forbidden = crossed
            if name in declared and protocol.comparison:
                leak = _leak(split, codes[name])
                if name not in leaks or leak.trained > leaks[name].trained:
                    leaks[name] = leak
            elif forbidden:
                group, sides = forbidden[0]
                raise LeakError(
                    f"task '{selection.task.id}', fold {split.fold}, seed {split.seed}: {name} "
                    f"'{group}' is in {sides}; the protocol forbids it, nothing was run."
                )
            if crossed and name not in protocol.controlled:
                crossing[name] = max(crossing.get(name, 0), len({group for group, _ in crossed}))
    return Audit(
        never_cross=list(protocol.never_cross),
        controlled=list(protocol.controlled),
        unknown=unknown,
        crossing=crossing,
        leaks=leaks,
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


def _crossing(
    split: Split, codes: NDArray[np.int64], groups: NDArray[np.str_]
) -> list[tuple[str, str]]:
    """The groups on two sides of a split, and the two sides."""
    rows = {"train": split.train, "development": split.develop, "test": split.test}
    unique = {side: np.unique(codes[rows[side]], return_index=True) for side in rows}
    return [
        (str(groups[rows[first][unique[first][1][index]]]), f"{first} and {second}")
        for first, second in combinations(rows, 2)
        for index in np.flatnonzero(np.isin(unique[first][0], unique[second][0]))
    ]


def _check_rows(selection: Selection, split: Split) -> None:
    rows = np.concatenate([split.train, split.develop, split.test])
    numbers, counts = np.unique(rows, return_counts=True)
    if counts.max() > 1:
        repeated = selection.examples[numbers[counts.argmax()]].id
        raise LeakError(
            f"task '{selection.task.id}', fold {split.fold}: example '{repeated}' is on two "
            "sides; nothing was run."
        )
