"""The leak audit: no declared group stands on two sides of any split, or nothing is run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Split
from paralbench.records.errors import LeakError
from paralbench.records.result import Audit, FoldSummary


def audit(selection: Selection, splits: Sequence[Split]) -> Audit:
    """Look at train, development and test of every split.

    Groups that are declared may not cross; a group that some example does not name is listed as
    unknown; how many groups of other kinds cross is counted for the reader. A group that
    development shares with the test fold by design still may not reach the training examples.

    Raises:
        LeakError: naming the fold, the group and the two sides.
    """
    protocol, examples = selection.task.protocol, selection.examples
    kinds = sorted({name for example in examples for name in example.groups})
    declared = [name for name in protocol.never_cross if name in kinds]
    unknown = [
        name for name in protocol.never_cross if any(name not in one.groups for one in examples)
    ]
    within = protocol.development.within if protocol.development else None
    crossing: dict[str, int] = {}
    groups = {name: np.array([example.group(name) for example in examples]) for name in kinds}
    codes = {name: np.unique(values, return_inverse=True)[1] for name, values in groups.items()}
    for split in splits:
        _check_rows(selection, split)
        for name in kinds:
            crossed = _crossing(split, codes[name], groups[name])
            forbidden = crossed if name in declared else []
            if name == within:
                forbidden = [found for found in crossed if found[1] != "development and test"]
            if forbidden:
                group, sides = forbidden[0]
                raise LeakError(
                    f"task '{selection.task.id}', fold {split.fold}, seed {split.seed}: {name} "
                    f"'{group}' stands in {sides}; the protocol forbids it, nothing was run."
                )
            if crossed and name not in protocol.controlled:
                crossing[name] = max(crossing.get(name, 0), len({group for group, _ in crossed}))
    return Audit(
        never_cross=list(protocol.never_cross),
        controlled=list(protocol.controlled),
        unknown=unknown,
        crossing=crossing,
        folds=[
            FoldSummary(
                fold=split.fold, seed=split.seed, train=len(split.train),
                develop=len(split.develop), test=len(split.test),
            )
            for split in splits
        ],
    )  # fmt: skip


def _crossing(
    split: Split, codes: NDArray[np.int64], groups: NDArray[np.str_]
) -> list[tuple[str, str]]:
    """Groups on two sides of a split, and which sides."""
    sides = {
        side: np.unique(codes[rows], return_index=True)
        for side, rows in (
            ("train", split.train),
            ("development", split.develop),
            ("test", split.test),
        )
    }
    rows_of = {"train": split.train, "development": split.develop, "test": split.test}
    return [
        (str(groups[rows_of[one][sides[one][1][place]]]), f"{one} and {other}")
        for one, other in combinations(sides, 2)
        for place in np.flatnonzero(np.isin(sides[one][0], sides[other][0]))
    ]


def _check_rows(selection: Selection, split: Split) -> None:
    rows = np.concatenate([split.train, split.develop, split.test])
    names, counts = np.unique(rows, return_counts=True)
    if counts.max() > 1:
        twice = selection.examples[names[counts.argmax()]].id
        raise LeakError(
            f"task '{selection.task.id}', fold {split.fold}: example '{twice}' stands on two "
            "sides; nothing was run."
        )
