"""The convex head for numbers, fitted from sums over each inner fold of all sites."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paralbench.federation.class_layers import SummedLayer
from paralbench.federation.messages import Array
from paralbench.federation.surrogate_rows import surrogate
from paralbench.heads.convex.layer import Learning
from paralbench.heads.convex.standard import Standard
from paralbench.heads.convex.training_side import TrainingSide

NO_NUMBERS = "it fits a federated head, which no result is keyed by"


def fitted(
    side: TrainingSide, rule: str, strengths: list[float], moments: Array, standard: Standard
) -> SummedLayer:
    """A layer by its moments [parts, columns + 2, columns + 2] of 1, target and centred columns."""
    scaled = _scaled(moments, standard)
    rows = np.concatenate([surrogate(part) for part in scaled])
    stand_in = of_rows(side, moments, rows[:, 0])
    layer = Learning(stand_in, rule, strengths).layer(rows[:, 1:])
    assert layer.loss is not None
    count, columns = len(rows), rows.shape[1] - 1
    strength = layer.strength * count * columns
    everything = scaled.sum(0)
    held_out = np.stack([_ridge(everything - part, strength) for part in scaled])
    return SummedLayer(layer.weights, layer.bias, held_out, layer.strength, layer.loss)


def of_rows(side: TrainingSide, moments: Array, targets: Array) -> TrainingSide:
    """The side of surrogate rows, which are in the order of the inner folds."""
    number: NDArray[np.int64] = np.repeat(
        np.arange(len(moments)), moments[:, 0, 0].round().astype(np.int64)
    )
    folds = replace(side.folds, number=number)
    return replace(side, targets=targets, folds=folds)


def _scaled(moments: Array, standard: Standard) -> Array:
    scale = np.concatenate([[1.0, 1.0], standard.scale])
    scaled: Array = moments * scale * scale[:, None]
    return scaled


def _ridge(moments: Array, strength: float) -> Array:
    """The map [columns + 1, 1], its intercept last, with the least penalised squared error."""
    count = moments[0, 0]
    mean = moments[0, 1:] / count
    centred = moments[1:, 1:] - count * np.outer(mean, mean)
    penalised = centred[1:, 1:] + strength * np.eye(len(centred) - 1)
    weights = np.linalg.solve(penalised, centred[1:, 0])
    return np.append(weights, mean[0] - mean[1:] @ weights)[:, None]
