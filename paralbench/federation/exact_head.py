"""The convex default head from sums over sites: the head that the sites' pooled rows would give.

Rounds: counts and sums; products about the common mean; for classes every evaluation of the
L-BFGS that :mod:`paralbench.heads.convex.logistic` makes; the layers' weights. See docs/federation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.federation import class_layers, number_layers
from paralbench.federation.class_layers import SummedLayer
from paralbench.federation.dealing import Dealing
from paralbench.federation.messages import (
    CENTRE,
    COUNTS,
    MEAN,
    SCALE,
    SIZES,
    TABLE,
    Array,
    Ask,
    Message,
    total,
)
from paralbench.federation.surrogate_rows import surrogate
from paralbench.federation.together import each
from paralbench.heads.convex import stacking
from paralbench.heads.convex.layer import STRENGTHS
from paralbench.heads.convex.standard import Standard
from paralbench.heads.convex.training_side import TrainingSide
from paralbench.heads.deployable import State

NO_NUMBERS = "it fits a federated head, which no result is keyed by"


@dataclass(frozen=True)
class ExactHead:
    """The pooled head, and what a site needs for out-of-fold outputs of its own rows.

    Args:
        weights: [layers, columns, outputs] of raw columns.
        bias: [outputs].
        held_out: maps [parts, layers, columns, outputs] of raw columns, each fitted without a part.
        held_out_bias: [parts, outputs].
        factors: how much each layer's map counts.
        part: the inner fold of each bunch, a site's bunches after another's.
        sizes: bunches of each site.
        chosen: strengths, inner folds and the inner loss.
        rows: of all sites.
    """

    weights: Array
    bias: Array
    held_out: Array
    held_out_bias: Array
    factors: Array
    part: NDArray[np.int64]
    sizes: NDArray[np.int64]
    chosen: dict[str, Any]
    rows: int


def fit(ask: Ask, classes: int, settings: Any) -> ExactHead:
    """Fit the head of these settings, :class:`paralbench.heads.linear_probe.Settings`.

    Args:
        ask: sends a request to all sites.
        classes: how many; 0 for numbers.
        settings: of the head.

    Raises:
        ParalbenchError: where no inner folds of complete bunches can be made.
    """
    answers = ask({COUNTS: np.ones(1)})
    averaged = int(answers[0]["averaged"][0])
    table = np.concatenate([answer[TABLE] for answer in answers])
    sizes = np.array([len(answer[TABLE]) for answer in answers])
    rows = float(table.sum())
    mean = total(answers, "sums") / rows
    common: Message = {TABLE: table, SIZES: sizes.astype(float), MEAN: mean}
    dealing = Dealing.of(table, classes, settings)
    side = dealing.side
    strengths = STRENGTHS.tolist()
    if classes:
        answers = ask({**common, "products": np.ones(1)})
        products = [total(answers, f"products/{layer}") for layer in range(len(mean))]
        standards = [
            standard_of(at, matrix.diagonal() / rows)
            for at, matrix in zip(mean, products, strict=True)
        ]
        common = {**common, SCALE: np.stack([standard.scale for standard in standards])}

        def work(number: int, ask: Ask) -> SummedLayer:
            space = class_layers.space_of(products[number], standards[number], int(rows))
            return class_layers.fitted(side, settings.rule, strengths, space, number, common, ask)

        layers = each(work, len(mean), ask)
        factors, loss = _mixed(layers, dealing, settings.layers == "best", common, ask)
        scale, shift = 1.0, 0.0
    else:
        centre = total(answers, "targets") / rows
        common = {**common, CENTRE: centre}
        answers = ask({**common, "moments": np.ones(1)})
        moments = [total(answers, f"moments/{layer}") for layer in range(len(mean))]
        standards = [
            standard_of(at, parts.sum(0).diagonal()[2:] / rows)
            for at, parts in zip(mean, moments, strict=True)
        ]
        common = {**common, SCALE: np.stack([standard.scale for standard in standards])}
        layers = [
            number_layers.fitted(side, settings.rule, strengths, parts, standard)
            for parts, standard in zip(moments, standards, strict=True)
        ]
        maps = np.stack([layer.held_out for layer in layers])
        values = total(ask({**common, "values/maps": maps}), "values")
        factors, scale, shift, loss = _weighed(layers, side, values, settings.layers == "best")
        shift += float(centre[0])
    maps, bias = _raw(
        [layer.weights for layer in layers], [layer.bias for layer in layers], standards,
        factors * scale,
    )  # fmt: skip
    parts = [
        _raw(
            [layer.held_out[part, :-1] for layer in layers],
            [layer.held_out[part, -1] for layer in layers],
            standards,
            factors * scale,
        )
        for part in range(side.folds.count)
    ]
    held_out = np.stack([weights for weights, _ in parts])
    if averaged > 1:
        maps = np.repeat(maps / averaged, averaged, axis=0)
        held_out = np.repeat(held_out / averaged, averaged, axis=1)
        factors = np.full(averaged, 1.0)
    return ExactHead(
        weights=maps,
        bias=bias + shift,
        held_out=held_out,
        held_out_bias=np.stack([of_part + shift for _, of_part in parts]),
        factors=factors / factors.sum()
        if factors.any()
        else np.full(len(factors), 1 / len(factors)),
        part=dealing.part,
        sizes=sizes,
        chosen={
            "layers": settings.layers,
            "strengths": [float(f"{layer.strength:.3g}") for layer in layers],
            f"inner_{side.criterion.replace('-', '_')}": loss,
            "inner_folds": side.folds.count,
        },
        rows=int(rows),
    )


def standard_of(mean: Array, variance: Array) -> Standard:
    """As :meth:`Standard.of`."""
    varies = variance > 1e-10 * (1e-20 + mean**2)
    return Standard(mean, np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1)), 0.0))


def state_of(weights: Array, bias: Array) -> State:
    """A map as the linear probe stores it."""
    return {"weights": weights.astype(np.float32), "bias": bias.astype(np.float32)}


def _raw(
    weights: Sequence[Array], biases: Sequence[Array], standards: Sequence[Standard], factors: Array
) -> tuple[Array, Array]:
    """Maps of standardised columns as maps [layers, columns, outputs] of raw ones, and their bias."""
    folded = [
        standard.folded(map_, bias)
        for standard, map_, bias in zip(standards, weights, biases, strict=True)
    ]
    maps = np.stack([factor * map_ for factor, (map_, _) in zip(factors, folded, strict=True)])
    bias = sum(factor * bias for factor, (_, bias) in zip(factors, folded, strict=True))
    return maps, np.asarray(bias)


def _mixed(
    layers: Sequence[SummedLayer], dealing: Dealing, best: bool, common: Message, ask: Ask
) -> tuple[Array, float]:
    """Factors of layers for classes, as :func:`stacking.of_classes` finds them, and the loss."""
    from scipy.optimize import minimize

    if len(layers) == 1:
        return np.ones(1), layers[0].loss
    if best:
        losses = [layer.loss for layer in layers]
        return np.eye(len(layers))[int(np.argmin(losses))], min(losses)
    maps = np.stack([layer.held_out for layer in layers])
    weight = dealing.side.judge.weights.sum()

    def evaluated(factors: Array) -> tuple[float, Array]:
        answers = ask({**common, "mixture/maps": maps, "mixture/factors": factors})
        loss = total(answers, "mixture/loss")[0] / weight
        return float(loss), total(answers, "mixture/gradient") / weight

    equal = np.full(len(layers), 1 / len(layers))

    def objective(factors: Array) -> tuple[float, Array]:
        loss, gradient = evaluated(factors)
        away = factors - equal
        return loss + stacking.PULL * float(away @ away), gradient + 2 * stacking.PULL * away

    solution = minimize(
        objective, equal, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(layers),
        options={"ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    return solution.x, evaluated(solution.x)[0]


def _weighed(
    layers: Sequence[SummedLayer], side: TrainingSide, moments: Array, best: bool
) -> tuple[Array, float, float, float]:
    """Factors of layers for numbers, the scale and shift of their sum, and the loss of it.

    As the linear probe finds them, from rows with the same moments of targets and values.
    """
    rows = np.concatenate([surrogate(part) for part in moments])
    targets, values = rows[:, 0], rows[:, 1:]
    side = number_layers.of_rows(side, moments, targets)
    if len(layers) == 1:
        factors = np.ones(1)
    elif best:
        factors = np.eye(len(layers))[int(np.argmin([layer.loss for layer in layers]))]
    else:
        factors = stacking.of_numbers(values.T, targets)
    held_out = (values @ factors)[:, None]
    scale = 1.0
    if side.criterion == "ccc" and held_out.std() > 0:
        sure = 1 - side.judge(held_out) > 2 * side.judge.error(held_out, np.zeros_like(held_out))
        scale = float(targets.std() / held_out.std()) if sure else 1.0
    shift = float(targets.mean() - scale * held_out.mean())
    return factors, scale, shift, side.judge(held_out * scale + shift)
