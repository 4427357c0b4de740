"""Ridge regression with a free intercept, and its exact residuals for rows left out by parts.

With R = I - 1 1'/n - Z (Z'Z + strength)^-1 Z' the residuals of a part's rows, of a fit without them, are
R_gg^-1 (R y)_g. A part larger than the rank is solved in the coordinates instead: the part's
products are taken off Z'Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ridge:
    """Minimises the squared error plus ``strength`` times the squared weights.

    Args:
        coordinates: [rows, rank], centred and orthogonal.
        power: [rank], their squared lengths.
        targets: [rows].
    """

    coordinates: Array
    power: Array
    targets: Array

    def solve(self, strength: float) -> tuple[Array, Array]:
        """Weights [rank, 1] and intercept [1] of all rows."""
        products = self.coordinates.T @ self.targets
        weights = products / (self.power + strength)
        return weights[:, None], np.array([self.targets.mean()])

    def left_out(self, strength: float, parts: NDArray[np.int64]) -> Array:
        """Each row's value by a fit on the rows of all other parts, [rows, 1]."""
        values = np.empty(len(self.targets))
        rank = len(self.power)
        for part in np.unique(parts):
            rows = np.flatnonzero(parts == part)
            if len(rows) <= rank:
                values[rows] = self.targets[rows] - self._residuals(strength, rows)
            else:
                values[rows] = self._predicted(strength, rows)
        return values[:, None]

    @cached_property
    def _directions(self) -> Array:
        """Coordinates of unit length."""
        directions: Array = self.coordinates / np.sqrt(self.power)
        return directions

    @cached_property
    def _projected(self) -> Array:
        projected: Array = self._directions.T @ self.targets
        return projected

    def _residuals(self, strength: float, rows: NDArray[np.int64]) -> Array:
        from scipy.linalg import solve

        count, rank = self.coordinates.shape
        left = strength / (self.power + strength)
        held = self._directions[rows]
        fitted = held @ (left * self._projected)
        operator = (held * left) @ held.T
        if rank < count - 1:  # else the directions and the mean are all there is
            operator -= held @ held.T + 1 / count
            operator[np.diag_indices(len(rows))] += 1
            fitted += self.targets[rows] - self.targets.mean()
            fitted -= held @ self._projected
        residuals: Array = solve(operator, fitted, assume_a="pos")
        return residuals

    def _predicted(self, strength: float, rows: NDArray[np.int64]) -> Array:
        from scipy.linalg import solve

        held, targets = self.coordinates[rows], self.targets[rows]
        left = len(self.targets) - len(rows)
        # Coordinates are centred over all rows: what is left sums to minus what is held.
        middle = -held.sum(0) / left
        centre = (self.targets.sum() - targets.sum()) / left
        gram = -held.T @ held - left * np.outer(middle, middle)
        gram[np.diag_indices(len(gram))] += self.power + strength
        products = self.coordinates.T @ self.targets - held.T @ targets - left * centre * middle
        weights: Array = solve(gram, products, assume_a="pos")
        values: Array = (held - middle) @ weights + centre
        return values
