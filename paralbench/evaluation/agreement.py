"""Agreement of a rerun with its result: the same, within rounding, within its noise, or different.

The noise of a result is the variation over its seeds. Two means of ``n`` seeds each, of the same
entry, differ by no more than ``t(0.975, n - 1) * s * sqrt(2 / n)`` in 19 of 20 cases, where ``s`` is
the deviation over seeds. A change of threads, packages or hardware that stays below this changes no
more than other seeds would. A result of one seed has no noise estimate.

A deterministic head has one seed: what another BLAS or processor changes is rounding. Outputs that
differ by at most 1e-4 (numbers: by that share of their range) are the same within rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from scipy import stats

from paralbench.heads import deterministic
from paralbench.records.result import Result
from paralbench.results.predictions import Predictions

Verdict = Literal["same", "same within rounding", "within noise", "different"]

ROUNDING = 1e-4
"""Largest difference of a deterministic head's outputs by rounding, as a share of their range."""


@dataclass(frozen=True)
class Agreement:
    """Two runs of one entry compared.

    Args:
        verdict: "same" if all predictions are equal, bit for bit; "same within rounding" if the head is
            deterministic and no output differs by more than :data:`ROUNDING`.
        metric: the ranking metric.
        recorded: its score in the first run.
        now: its score in the second run.
        noise: largest difference of the two scores expected from seeds alone; None for one seed.
        comparable: whether both runs predicted the same examples.
        largest: the largest difference of an output (probability or value).
        changed: number of predictions that differ.
        rows: number of predictions.
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
        ValueError: if a table was not written by :meth:`Predictions.table`.
    """
    metric = recorded.ranking
    score, rerun = recorded.score(metric), now.score(metric).value
    by_seed, noise = list(score.by_seed.values()), None
    if (seeds := len(by_seed)) > 1:
        t = stats.t.ppf(0.975, seeds - 1)
        noise = float(t * np.std(by_seed, ddof=1) * np.sqrt(2 / seeds))
    old, old_ids = Predictions.restored(first, recorded.classes)
    new, new_ids = Predictions.restored(second, now.classes)
    comparable = (
        old_ids == new_ids
        and np.array_equal(old.rows, new.rows)
        and np.array_equal(old.seeds, new.seeds)
        and np.array_equal(old.folds, new.folds)
        and old.outputs.shape == new.outputs.shape
    )
    largest, changed = float("inf"), len(old.rows)
    if comparable:
        largest = float(np.abs(_outputs(old) - _outputs(new)).max())
        changed = int((old.predicted != new.predicted).sum())
    same = comparable and largest == 0 and score.value == rerun
    near = comparable and noise is not None and abs(rerun - score.value) <= noise
    rounded = len(recorded.seeds) == 1 and recorded.head == now.head and deterministic(now.head)
    span = 1.0 if old.classes else float(np.ptp(old.predicted))
    verdict: Verdict
    if same:
        verdict = "same"
    elif rounded and comparable and largest <= ROUNDING * span:
        verdict = "same within rounding"
    else:
        verdict = "within noise" if near else "different"
    return Agreement(
        verdict, metric, score.value, rerun, noise, comparable, largest, changed, len(old.rows)
    )


def _outputs(predictions: Predictions) -> np.ndarray:
    # Class outputs are stored in single precision, predicted numbers in double precision.
    if predictions.classes:
        return predictions.outputs.astype(float)
    return predictions.predicted[:, None]
