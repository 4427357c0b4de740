"""Multinomial logistic regression with L2, for several weightings of the rows along all strengths.

Minimises sum_i w_i * loss_i + strength / 2 * |weights|^2 with a free intercept, for every member (an
inner fold, or all rows) at once: one matrix product serves all of them. L-BFGS in float64, in
coordinates scaled so that the Hessian is about the identity, starting where the last strength ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MEMORY = 8
_STEPS = 500
_BACKTRACKS = 30


@dataclass
class Logistic:
    """Members share rows and differ in the rows' weights.

    Args:
        coordinates: [rows, rank], centred.
        power: [rank], the coordinates' squared lengths.
        shares: [rows, classes], of each class in a row's target: 1 for a known class.
        weights: [members, rows], how much each row counts in the loss.
        state: weights and intercepts [members, rank + 1, classes]; zeros to begin with.
    """

    coordinates: Array
    power: Array
    shares: Array
    weights: Array
    state: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not self.state.size:
            rank = self.coordinates.shape[1]
            self.state = np.zeros((len(self.weights), rank + 1, self.shares.shape[1]))

    def logits(self) -> Array:
        """[members, rows, classes], by what was found last."""
        return self._logits(self.state)

    def _logits(self, maps: Array) -> Array:
        members, _, count = maps.shape
        joined = maps[:, :-1].transpose(1, 0, 2).reshape(-1, members * count)
        logits = (self.coordinates @ joined).reshape(-1, members, count) + maps[:, -1]
        return logits.transpose(1, 0, 2)

    def solve(self, strength: float, tolerance: float) -> None:
        """Move every member from where it stands to this strength's minimum.

        Ends where half the squared scaled gradient, about what is left of the objective, is below
        ``tolerance`` of the rows' weight.
        """
        total = self.weights.sum(1)
        count = self.shares.shape[1]
        curvature = (count - 1) / count**2
        share = curvature * total.max() / self.weights.shape[1]
        scale = 1 / np.sqrt(np.append(self.power * share + strength, share * self.weights.shape[1]))
        penalty = np.append(np.full(len(self.power), strength), 0.0)[:, None]
        point = self.state / scale[:, None]
        active = np.arange(len(point))
        value, gradient = self._evaluate(active, point, scale, penalty)
        size = point[0].size
        steps = np.zeros((0, len(point), size))
        changes = np.zeros_like(steps)
        for _ in range(_STEPS):
            flat = gradient.reshape(len(active), size)
            going = (flat**2).sum(1) / 2 > tolerance * total[active]
            if not going.all():
                self.state[active[~going]] = point[~going] * scale[:, None]
                active, point, value = active[going], point[going], value[going]
                gradient, flat = gradient[going], flat[going]
                steps, changes = steps[:, going], changes[:, going]
            if not len(active):
                return
            direction = -_product(flat, steps, changes)
            slope = (direction * flat).sum(1)
            length = np.ones(len(active))
            moved, new, risen = point.copy(), value.copy(), gradient.copy()
            open_ = np.arange(len(active))
            for _ in range(_BACKTRACKS):
                moved[open_] = point[open_] + (length[open_, None] * direction[open_]).reshape(
                    -1, *point.shape[1:]
                )
                new[open_], risen[open_] = self._evaluate(
                    active[open_], moved[open_], scale, penalty
                )
                slack = 1e-12 * np.abs(value[open_])
                failed = new[open_] > value[open_] + 1e-4 * length[open_] * slope[open_] + slack
                open_ = open_[failed]
                if not len(open_):
                    break
                length[open_] *= 0.3
            step = (moved - point).reshape(len(active), size)
            change = (risen - gradient).reshape(len(active), size)
            steps = np.concatenate([steps, step[None]])[-_MEMORY:]
            changes = np.concatenate([changes, change[None]])[-_MEMORY:]
            point, value, gradient = moved, new, risen
        self.state[active] = point * scale[:, None]

    def _evaluate(
        self, members: NDArray[np.int64], point: Array, scale: Array, penalty: Array
    ) -> tuple[Array, Array]:
        """Objective [members] and its gradient in scaled coordinates."""
        maps = point * scale[:, None]
        logits = self._logits(maps)
        logits -= logits.max(2, keepdims=True)
        correct = (logits * self.shares).sum(2)
        np.exp(logits, out=logits)
        normaliser = logits.sum(2, keepdims=True)
        weights = self.weights[members]
        value = (weights * (np.log(normaliser[..., 0]) - correct)).sum(1)
        value += (penalty * maps**2).sum((1, 2)) / 2
        logits /= normaliser
        logits -= self.shares
        logits *= weights[..., None]
        count = logits.shape[2]
        joined = logits.transpose(1, 0, 2).reshape(logits.shape[1], -1)
        gradient = np.empty_like(maps)
        gradient[:, :-1] = (
            (self.coordinates.T @ joined).reshape(-1, len(members), count).transpose(1, 0, 2)
        )
        gradient[:, -1] = logits.sum(1)
        gradient += penalty * maps
        gradient *= scale[:, None]
        return value, gradient


def _product(gradient: Array, steps: Array, changes: Array) -> Array:
    """The inverse Hessian of each member, as far as its steps tell, times its gradient."""
    product = gradient.copy()
    inner = (steps * changes).sum(2)
    curved = inner > 1e-14 * (changes**2).sum(2)
    inverse = np.where(curved, 1 / np.where(curved, inner, 1), 0.0)
    shares = []
    for step, change, factor in zip(steps[::-1], changes[::-1], inverse[::-1], strict=True):
        share = factor * (step * product).sum(1)
        product -= share[:, None] * change
        shares.append(share)
    if len(steps):
        square = (changes[-1] ** 2).sum(1)
        product *= np.where(curved[-1], inner[-1] / np.where(square > 0, square, 1), 1.0)[:, None]
    for step, change, factor, share in zip(steps, changes, inverse, shares[::-1], strict=True):
        product += (share - factor * (change * product).sum(1))[:, None] * step
    return product
