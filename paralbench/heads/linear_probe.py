"""Linear probe: L2 logistic or ridge regression, strengths and layers chosen by inner folds.

Convex and deterministic. Each layer's pooled mean and deviation are standardised by the training
side (training and development rows), mapped with the strength that does best on inner folds of
complete groups, and the layers' maps are added with non-negative weights learnt from the outputs
of the inner folds. The result is one linear map of the pooled record.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from threadpoolctl import threadpool_limits

from paralbench.heads import layer_choice
from paralbench.heads.convex import stacking
from paralbench.heads.convex.layer import STRENGTHS, Layer, Learning
from paralbench.heads.convex.training_side import TrainingSide, fitted_once
from paralbench.heads.deployable import Layout
from paralbench.heads.head import (
    Fits,
    Fitted,
    OutOfFold,
    Problem,
    Rows,
    Split,
    Stream,
    Workplace,
)  # fmt: skip
from paralbench.heads.linear_map import LinearHead
from paralbench.records.card import Card

Array = NDArray[np.float64]


class Settings(Card):
    """How strengths and layers are chosen.

    Attributes:
        layers: "learned" adds all layers' maps with learnt weights; "mean" averages the layers
            first; "best" is the layer with the lowest inner loss; "last", or the number of one.
        criterion: of numbers: "ccc" chooses by correlation and scales outputs to the training
            values' deviation, where the correlation is above twice its standard error; "squared-error"
            chooses by it and leaves outputs as they are. Classes are chosen by log-loss.
        rule: "best", or "one-standard-error": the strongest penalty within one of the best.
        inner_folds: at most so many inner folds; fewer groups are left out one by one.
        class_weights: "balanced" lets every class weigh the same in the loss; distributions of raters
            are learnt as they are.
        refit: fit on development rows as well; false leaves them out altogether, for protocols that
            forbid it.
    """

    layers: Literal["learned", "mean", "best", "last"] | int = "learned"
    criterion: Literal["ccc", "squared-error"] = "ccc"
    rule: Literal["best", "one-standard-error"] = "best"
    inner_folds: int = Field(default=5, ge=2)
    class_weights: Literal["balanced", "none"] = "balanced"
    refit: bool = True


class LinearProbe(LinearHead):
    """See the module's docstring."""

    name = "linear-probe"
    targets = frozenset({*LinearHead.targets, "distribution"})
    settings = Settings
    deterministic = True

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """See :class:`Head`."""
        everything = settings.layers in ("learned", "mean", "best")
        return layer_choice.chosen("learned" if everything else settings.layers, count)

    def memory(self, settings: Any, layout: Layout, rows: int) -> int:
        """See :class:`Head`: of all layers that are fitted beside each other, a worker each."""
        (card,), (count,) = layout.encoders, layout.layers
        columns, outputs = 2 * card.width, layout.outputs
        used = len(self.layers(settings, count))
        fitted = 1 if settings.layers == "mean" else used
        rank = min(rows, columns)
        raw = 4 * rows * columns
        space = raw + 8 * (rows * columns + 4 * rank**2)
        members = settings.inner_folds + 1
        of_rows = members * rows * outputs
        of_maps = members * (rank + 1) * outputs
        solution = raw + 8 * (rank * (rows + columns) + 6 * of_rows + 24 * of_maps)
        copied = raw * used if used < count else 0
        beside = min(os.cpu_count() or 1, fitted)
        return int(raw * count + copied + beside * max(space, solution))

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split; splits that train on the same rows share a fit."""
        features = self.features(streams)
        count = features.shape[1]
        layers = self.layers(settings, count)
        if len(layers) < count:
            features = features[:, list(layers)]
        workers = (work.workers if work else None) or os.cpu_count() or 1
        fitted = [
            model.fitted(features, split)
            for split, model in fitted_once(
                splits, problem, settings.refit,
                lambda rows: self.model(features, problem, rows, settings, workers),
            )
        ]  # fmt: skip
        deployed = fitted[0].state
        return Fits(fitted, deployed["weights"].size + deployed["bias"].size)

    def model(
        self,
        features: NDArray[np.float32],
        problem: Problem,
        rows: Rows,
        settings: Any,
        workers: int,
    ) -> Model:
        """The model of one training side; ``features`` are [rows, layers, columns]."""
        side = TrainingSide.of(problem, rows, settings, settings.criterion)
        return model_of(features, side, settings, workers)


HEAD = LinearProbe()


@dataclass(frozen=True)
class Model:
    """The outcome of one training side."""

    weights: Array
    bias: Array
    layer_weights: Array
    chosen: dict[str, Any]
    side: TrainingSide
    held_out: Array
    out_of_fold: OutOfFold | None

    def fitted(self, features: NDArray[np.float32], split: Split) -> Fitted:
        outputs = np.tile(self.bias, (len(split.test), 1))
        for layer, weights in enumerate(self.weights):
            outputs += features[split.test, layer] @ weights
        return Fitted(
            split,
            self.side.answers(outputs),
            dict(self.chosen),
            {"weights": self.weights.astype(np.float32), "bias": self.bias.astype(np.float32)},
            self.layer_weights.astype(np.float32),
            self.out_of_fold,
        )


def model_of(
    features: NDArray[np.float32], side: TrainingSide, settings: Settings, workers: int
) -> Model:
    """Fit on a side, whose rows weigh in the loss as it says."""
    rows = side.rows
    learning = Learning(side, settings.rule, STRENGTHS.tolist())
    count = features.shape[1]
    if settings.layers == "mean":
        with threadpool_limits(1, "blas"):
            (layer,) = layers = [learning.layer(features[rows].mean(1, dtype=np.float64))]
        shares, maps = np.full(count, 1 / count), np.stack([layer.weights / count] * count)
        bias, held_out = layer.bias, layer.held_out
    else:
        # One thread a layer and one BLAS thread each: the same bits on any number of cores.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(min(workers, count)) as pool:
            layers = list(
                pool.map(lambda number: learning.layer(features[rows, number]), range(count))
            )
        factors = _factors(layers, side, settings)
        shares = factors / factors.sum() if factors.any() else np.full(count, 1 / count)
        maps = np.stack([f * layer.weights for f, layer in zip(factors, layers, strict=True)])
        bias = sum(f * layer.bias for f, layer in zip(factors, layers, strict=True))
        held_out = np.tensordot(factors, np.stack([layer.held_out for layer in layers]), 1)
    if not side.classes:
        maps, bias, held_out = _calibrated(maps, bias, held_out, side)
    chosen = {
        "layers": settings.layers,
        "strengths": [float(f"{layer.strength:.3g}") for layer in layers],
        **side.record(held_out, settings),
    }
    return Model(maps, bias, shares, chosen, side, held_out, side.out_of_fold(held_out))


def _factors(layers: Sequence[Layer], side: TrainingSide, settings: Settings) -> Array:
    """How much each layer's map counts."""
    if len(layers) == 1:
        return np.ones(1)
    if not side.folds.count:
        return np.full(len(layers), 1 / len(layers))
    if settings.layers == "best":
        losses = [side.judge(layer.held_out) for layer in layers]
        factors: Array = np.eye(len(layers))[int(np.argmin(losses))]
        return factors
    scored = side.folds.scored
    outputs = np.stack([layer.held_out[scored] for layer in layers])
    if side.classes:
        return stacking.of_classes(outputs, side.shares[scored], side.weights[scored])
    return stacking.of_numbers(outputs[..., 0], side.targets[scored])


def _calibrated(
    maps: Array, bias: Array, held_out: Array, side: TrainingSide
) -> tuple[Array, Array, Array]:
    """A number's map moved to the targets' mean and, by criterion "ccc", scaled to their deviation.

    Values that are sure to shrink lower CCC; without a correlation above twice its standard error they stay.
    """
    scored = side.folds.scored
    if not scored.any():
        return maps, bias, held_out
    targets, values = side.targets[scored], held_out[scored, 0]
    scale = 1.0
    if side.criterion == "ccc" and values.std() > 0:
        flat = np.zeros_like(held_out)
        if 1 - side.judge(held_out) > 2 * side.judge.error(held_out, flat):
            scale = targets.std() / values.std()
    shift = targets.mean() - scale * values.mean()
    return maps * scale, bias * scale + shift, held_out * scale + shift
