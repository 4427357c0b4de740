"""Fair probe: the linear probe with its loss balanced over subgroups, by weights or for the worst.

The subgroups are those of an attribute of the examples: sex, age band, language or site. "reweight"
lets every subgroup weigh the same, and within it every class: the weight of a row is one over the
count of its subgroup and class. "group-robust" begins there and moves weight to the subgroups with
the greater out-of-fold loss, by exponentiated gradient (group DRO, Sagawa et al. 2020, whose updates
are made here between convex fits; reimplementation from the published description). Test examples'
subgroups are never read: the deployed head is one linear map, the same for everybody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from paralbench.heads import linear_probe
from paralbench.heads.convex.training_side import TrainingSide
from paralbench.heads.head import Problem, Rows
from paralbench.heads.linear_probe import LinearProbe, Model, model_of

Array = NDArray[np.float64]


class Settings(linear_probe.Settings):
    """What is balanced, and how; everything else is the linear probe's.

    Attributes:
        balance: an attribute of the examples: sex, age (in bands), language, site or another.
        method: "reweight" or "group-robust".
        rounds: fits of "group-robust" after which the mean weights are used.
        step: how fast it moves them: their logarithm changes by so much for each nat of loss.
    """

    balance: str = Field(default="sex", min_length=1)
    method: Literal["reweight", "group-robust"] = "reweight"
    rounds: int = Field(default=6, ge=1, le=50)
    step: float = Field(default=1.0, gt=0)


class FairProbe(LinearProbe):
    """See the module's docstring."""

    name = "fair-probe"
    settings = Settings
    targets = frozenset({"class"})

    def model(
        self,
        features: NDArray[np.float32],
        problem: Problem,
        rows: Rows,
        settings: Any,
        workers: int,
    ) -> Model:
        """See :class:`LinearProbe`."""
        side = TrainingSide.of(problem, rows, settings, settings.criterion)
        strata = np.zeros(len(rows), np.int64) if problem.strata is None else problem.strata[rows]
        strata = np.unique(strata, return_inverse=True)[1]
        shares = np.full(int(strata.max()) + 1, 1 / (int(strata.max()) + 1))
        if settings.method == "group-robust" and side.folds.count:
            shares = _robust(features, side, strata, shares, settings, workers)
        weighed = replace(side, weights=balanced(side, strata, shares, settings))
        model = model_of(features, weighed, settings, workers)
        chosen = {**model.chosen, "subgroup_shares": [round(float(share), 4) for share in shares]}
        return replace(model, chosen=chosen)


HEAD = FairProbe()


def balanced(
    side: TrainingSide, strata: NDArray[np.int64], shares: Array, settings: Settings
) -> Array:
    """Weights of rows whose sum is their count; each subgroup has its share of it.

    Within a subgroup its classes weigh the same, or by ``class_weights = "none"`` its rows.
    """
    classes = side.targets.astype(np.int64)
    counts = np.zeros((len(shares), side.classes))
    np.add.at(counts, (strata, classes), 1)
    if settings.class_weights == "none":
        weights: Array = shares[strata] / counts.sum(1)[strata]
    else:
        kinds = np.count_nonzero(counts, axis=1)
        weights = shares[strata] / kinds[strata] / counts[strata, classes]
    return weights * len(strata)


def _robust(
    features: NDArray[np.float32],
    side: TrainingSide,
    strata: NDArray[np.int64],
    shares: Array,
    settings: Settings,
    workers: int,
) -> Array:
    """The mean share of each subgroup over the rounds."""
    classes, rows = side.targets.astype(np.int64), np.arange(len(strata))
    of_loss = np.where(side.folds.scored, balanced(side, strata, shares, settings), 0.0)
    log_shares, total = np.log(shares), np.zeros(len(shares))
    for _ in range(settings.rounds):
        shares = np.exp(log_shares - log_shares.max())
        shares /= shares.sum()
        total += shares
        weights = balanced(side, strata, shares, settings)
        model = model_of(features, replace(side, weights=weights), settings, workers)
        probabilities = side.answers(model.held_out)[rows, classes].astype(float)
        losses = -np.log(np.maximum(probabilities, 1e-12)) * of_loss
        weight = np.maximum(np.bincount(strata, of_loss), 1e-12)
        log_shares = log_shares + settings.step * np.bincount(strata, losses) / weight
    mean: Array = total / settings.rounds
    return mean
