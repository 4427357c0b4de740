"""One layer's map: the strength chosen by inner folds, fitted on all training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.convex.logistic import Logistic
from paralbench.heads.convex.ridge import Ridge
from paralbench.heads.convex.space import Space
from paralbench.heads.convex.standard import Standard
from paralbench.heads.convex.training_side import TrainingSide

Array = NDArray[np.float64]

STRENGTHS = 10.0 ** np.arange(1, -6.6, -0.5)
"""Strengths in units of rows times columns, strongest first: whatever the width, the first shrinks
everything and the last next to nothing."""

_ALONG, _AT_END = 1e-5, 1e-12


@dataclass(frozen=True)
class Layer:
    """A fitted layer.

    Args:
        weights: [columns, outputs] of raw columns.
        bias: [outputs].
        held_out: outputs [rows, outputs] of maps that were fitted without the row's inner fold; where
            there are no inner folds, of the map itself.
        strength: of the penalty, in units of rows times columns.
        loss: of ``held_out``, by the criterion; None where there are no inner folds.
    """

    weights: Array
    bias: Array
    held_out: Array
    strength: float
    loss: float | None


@dataclass(frozen=True)
class Learning:
    """How a layer is learnt, whichever it is.

    Args:
        side: the training side.
        rule: "best" or "one-standard-error".
        strengths: that are tried, strongest first.
    """

    side: TrainingSide
    rule: str
    strengths: Sequence[float]

    def layer(self, columns: NDArray[np.floating]) -> Layer:
        """Fit one layer's rows [rows, columns]."""
        space = Space.of(columns, Standard.of(columns))
        unit = float(columns.shape[0] * columns.shape[1])
        return self._logistic(space, unit) if self.side.classes else self._ridge(space, unit)

    def _logistic(self, space: Space, unit: float) -> Layer:
        number, rows = self.side.folds.number, np.arange(len(self.side.targets))
        held = [
            np.where(number == part, 0.0, self.side.weights)
            for part in range(self.side.folds.count)
        ]
        members = np.stack([self.side.weights, *held])
        shares = self.side.shares
        path = Logistic(space.coordinates, space.power, shares, members)
        starts, before = [], path.state

        def left_out(strength: float) -> Array:
            nonlocal before
            here = path.state
            path.state = 2 * here - before  # strengths are even in their logarithm
            before = here
            path.solve(strength * unit, _ALONG)
            starts.append(path.state[:1].copy())
            logits: Array = path.logits()[number + 1, rows]
            return logits

        chosen, loss, outputs = self._choice(left_out)
        model = Logistic(space.coordinates, space.power, shares, members[:1])
        if starts:
            model.state = starts[chosen]
        model.solve(self.strengths[chosen] * unit, _AT_END)
        if outputs is None:
            outputs = model.logits()[0]
        weights, bias = space.folded(model.state[0, :-1], model.state[0, -1])
        return Layer(weights, bias, outputs, self.strengths[chosen], loss)

    def _ridge(self, space: Space, unit: float) -> Layer:
        model = Ridge(space.coordinates, space.power, self.side.targets)
        chosen, loss, outputs = self._choice(
            lambda strength: model.left_out(strength * unit, self.side.folds.number)
        )
        weights, bias = model.solve(self.strengths[chosen] * unit)
        if outputs is None:
            outputs = space.coordinates @ weights + bias
        weights, bias = space.folded(weights, bias)
        return Layer(weights, bias, outputs, self.strengths[chosen], loss)

    def _choice(self, left_out: Callable[[float], Array]) -> tuple[int, float | None, Array | None]:
        """The chosen strength's number, its loss and its outputs; the middle one without folds."""
        if not self.side.folds.count:
            return len(self.strengths) // 2, None, None
        # All of them: where the strongest directions mislead, the loss rises before it falls.
        outputs = [left_out(strength) for strength in self.strengths]
        chosen = self.side.judge.choice(outputs, self.rule)
        return chosen, self.side.judge(outputs[chosen]), outputs[chosen]
