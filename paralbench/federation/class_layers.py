"""One layer of the convex head for classes, fitted from sums over sites.

The steps are those of :mod:`paralbench.heads.convex.layer`: the same path of strengths and the same
L-BFGS, whose every evaluation is a request to the sites. Coordinates are found from the sum of the
sites' products, so that no row is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from paralbench.federation.messages import Array, Ask, Message, total
from paralbench.heads.convex.criterion import Criterion
from paralbench.heads.convex.layer import Learning
from paralbench.heads.convex.logistic import Logistic
from paralbench.heads.convex.space import Space
from paralbench.heads.convex.standard import Standard
from paralbench.heads.convex.training_side import TrainingSide

NO_NUMBERS = "it fits a federated head, which no result is keyed by"

_NEGLIGIBLE = 1e-12
# Tolerances of the convex head, see heads/convex/layer.py; a test compares both heads.
_ALONG, _AT_END = 1e-5, 1e-12

Evaluation = Callable[[NDArray[np.int64], Array], tuple[Array, Array]]
"""Losses [members] of maps [members, columns + 1, classes], and their gradients."""


@dataclass(frozen=True)
class SummedLayer:
    """A layer's map, and the maps that stand for its out-of-fold outputs.

    Args:
        weights: [columns, outputs] of standardised columns.
        bias: [outputs].
        held_out: [parts, columns + 1, outputs] of standardised columns, the bias last.
        strength: of the penalty, in units of rows times columns.
        loss: of the out-of-fold outputs.
    """

    weights: Array
    bias: Array
    held_out: Array
    strength: float
    loss: float


def space_of(products: Array, standard: Standard, rows: int) -> Space:
    """Coordinates of rows that are not here, by their columns' products about the mean."""
    power, basis = np.linalg.eigh(products * standard.scale * standard.scale[:, None])
    varies = power > _NEGLIGIBLE * max(power[-1], 1e-300)
    power, basis = power[varies], basis[:, varies]
    absent = np.broadcast_to(np.zeros(1), (rows, len(power)))
    return Space(absent, power, basis, standard)


def fitted(
    side: TrainingSide, rule: str, strengths: list[float], space: Space, layer: int, common: Message,
    ask: Ask,
) -> SummedLayer:  # fmt: skip
    """Fit layer number ``layer``; ``common`` is what every request holds."""

    def evaluate(members: NDArray[np.int64], maps: Array) -> tuple[Array, Array]:
        name = f"gradient/{layer}"
        request = {**common, f"{name}/maps": maps, f"{name}/members": members.astype(float)}
        answers = ask(request)
        return total(answers, f"{name}/value"), total(answers, f"{name}/gradient")

    def losses(maps: Array) -> Array:
        name = f"loss/{layer}"
        return total(ask({**common, f"{name}/maps": maps}), f"{name}/loss")

    judge = SummedLogLoss(
        side.judge.loss, side.judge.truth, side.judge.weights, side.judge.part,
        lambda state: losses(columnwise(space, state)),
    )  # fmt: skip
    values = {name: getattr(side, name) for name in TrainingSide.__dataclass_fields__}
    learning = SummedLearning(JudgedSide(**values, summed=judge), rule, strengths)
    return learning.summed(space, evaluate)


@dataclass(frozen=True)
class SummedLogLoss(Criterion):
    """Log-loss of out-of-fold maps, from the sites' sums over each inner fold.

    ``losses`` are the sums [parts] of maps [parts, rank + 1, classes].
    """

    losses: Callable[[Array], Array]
    _known: dict[bytes, Array] = field(default_factory=dict, repr=False)

    def __call__(self, outputs: Array) -> float:
        """The loss over all rows."""
        return float(self._sums(outputs).sum() / self._shares.sum())

    def error(self, outputs: Array, than: Array) -> float:
        """See :class:`Criterion`: without each inner fold in turn."""
        away = self._sums(outputs) - self._sums(than)
        differences = (away.sum() - away) / (self._shares.sum() - self._shares)
        count = len(differences)
        return float(np.sqrt((count - 1) / count * ((differences - differences.mean()) ** 2).sum()))

    def _sums(self, maps: Array) -> Array:
        key = maps.tobytes()
        if key not in self._known:
            self._known[key] = self.losses(maps)
        return self._known[key]

    @cached_property
    def _shares(self) -> Array:
        shares: Array = np.bincount(self.part, self.weights).astype(np.float64)
        return shares


@dataclass(frozen=True)
class JudgedSide(TrainingSide):
    """A training side whose criterion asks the sites."""

    summed: SummedLogLoss

    @cached_property
    def judge(self) -> Criterion:
        """The summed criterion."""
        return self.summed


@dataclass(frozen=True)
class SummedLearning(Learning):
    """The choice of a strength where outputs stand for themselves by their maps."""

    def summed(self, space: Space, evaluate: Evaluation) -> SummedLayer:
        """The layer in these coordinates."""
        side = self.side
        unit = float(space.coordinates.shape[0] * len(space.basis))
        held = [
            np.where(side.folds.number == part, 0.0, side.weights)
            for part in range(side.folds.count)
        ]
        path = SummedLogistic(
            space.coordinates, space.power, side.shares, np.stack([side.weights, *held]),
            space=space, evaluate=evaluate,
        )  # fmt: skip
        starts, before = [], path.state

        def left_out(strength: float) -> Array:
            nonlocal before
            here = path.state
            path.state = 2 * here - before
            before = here
            path.solve(strength * unit, _ALONG)
            starts.append(path.state[:1].copy())
            return path.state[1:].copy()

        chosen, loss, maps = self._choice(left_out)
        assert loss is not None
        assert maps is not None
        model = replace(path, weights=path.weights[:1], state=starts[chosen])
        model.solve(self.strengths[chosen] * unit, _AT_END)
        weights = space.basis @ model.state[0, :-1]
        return SummedLayer(
            weights, model.state[0, -1], columnwise(space, maps), self.strengths[chosen], loss
        )


@dataclass
class SummedLogistic(Logistic):
    """The L-BFGS of :class:`Logistic`, each of its evaluations a sum over sites."""

    space: Space = field(kw_only=True)
    evaluate: Evaluation = field(kw_only=True)

    def _evaluate(
        self, members: NDArray[np.int64], point: Array, scale: Array, penalty: Array
    ) -> tuple[Array, Array]:
        maps = point * scale[:, None]
        value, of_columns = self.evaluate(members, columnwise(self.space, maps))
        value = value + (penalty * maps**2).sum((1, 2)) / 2
        gradient = np.empty_like(maps)
        gradient[:, :-1] = self.space.basis.T @ of_columns[:, :-1]
        gradient[:, -1] = of_columns[:, -1]
        gradient += penalty * maps
        gradient *= scale[:, None]
        return value, gradient


def columnwise(space: Space, state: Array) -> Array:
    """Maps [members, rank + 1, classes] of coordinates as maps of standardised columns."""
    return np.concatenate([space.basis @ state[:, :-1], state[:, -1:]], axis=1)
