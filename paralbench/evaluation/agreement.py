"""How far a result made again agrees with the first: to the bit, within its noise, or not.

The noise that a result records is what its own seeds differ by. Two means of ``n`` seeds each, of
one and the same entry, differ by no more than ``t(0.975, n - 1) * s * sqrt(2 / n)`` in nineteen of
twenty cases, ``s`` being the deviation over seeds. A change of threads, packages or hardware that
stays below that has changed nothing that another seed would not. One seed records no noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from scipy import stats

from paralbench.records.result import Result
from paralbench.results.predictions import Predictions

Verdict = Literal["same", "within noise", "different"]


@dataclass(frozen=True)
class Agreement:
    """Two runs of one entry compared.

    Args:
        verdict: "same" where every prediction is, bit for bit.
        metric: the ranking metric, of which ``recorded`` and ``now`` are the scores.
        recorded: the first score.
        now: the second.
        noise: how far two such scores differ by seeds alone; None where one seed tells nothing.
        comparable: whether both predicted the same examples, so that the next two were counted.
        largest: the largest difference of an output (probability or value).
        changed: predictions that differ: another class, or a number that is not the same.
        rows: how many predictions there are.
    """

    verdict: Verdict
    metric: str
    recorded: float
    now: float
    noise: float | None
    comparable: bool
    largest: float
    changed: int
    rows: int


def agreement(recorded: Result, first: pa.Table, now: Result, second: pa.Table) -> Agreement:
    """Compare two results and their predictions.

    Raises:
        ValueError: where a table is not what :meth:`Predictions.table` stores.
    """
    name = recorded.ranking
    one, two = recorded.score(name), now.score(name)
    noise = _noise(list(one.by_seed.values()))
    mine, ids = Predictions.restored(first, recorded.classes)
    yours, others = Predictions.restored(second, now.classes)
    comparable = (
        ids == others
        and np.array_equal(mine.rows, yours.rows)
        and np.array_equal(mine.seeds, yours.seeds)
        and np.array_equal(mine.folds, yours.folds)
        and mine.outputs.shape == yours.outputs.shape
    )
    largest, changed = float("inf"), len(mine.rows)
    if comparable:
        # Numbers are stored in full; outputs of classes as the single precision they were made in.
        apart = np.abs(_outputs(mine) - _outputs(yours))
        largest, changed = float(apart.max()), int((mine.predicted != yours.predicted).sum())
    same = comparable and largest == 0 and one.value == two.value
    near = comparable and noise is not None and abs(two.value - one.value) <= noise
    verdict: Verdict = "same" if same else "within noise" if near else "different"
    return Agreement(
        verdict, name, one.value, two.value, noise, comparable, largest, changed, len(mine.rows)
    )


def _outputs(found: Predictions) -> np.ndarray:
    return found.outputs.astype(float) if found.classes else found.predicted[:, None]


def _noise(by_seed: list[float]) -> float | None:
    seeds = len(by_seed)
    if seeds < 2:
        return None
    t = stats.t.ppf(0.975, seeds - 1)
    return float(t * np.std(by_seed, ddof=1) * np.sqrt(2 / seeds))
