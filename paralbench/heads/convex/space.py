"""Standardised columns of one layer in the directions in which its training rows vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.convex.standard import Standard

_NEGLIGIBLE = 1e-12
_BLOCK = 4096


@dataclass(frozen=True)
class Space:
    """Orthogonal coordinates of the training rows.

    An L2 penalty on a linear map of the columns is the same penalty on a map of the coordinates, and
    there are never more coordinates than rows or columns.

    Args:
        coordinates: [rows, rank]; their products are diag(``power``).
        power: [rank], ascending.
        basis: [columns, rank], orthonormal; coordinates are standardised columns times it.
        standard: how columns are standardised.
    """

    coordinates: NDArray[np.float64]
    power: NDArray[np.float64]
    basis: NDArray[np.float64]
    standard: Standard

    @classmethod
    def of(cls, columns: NDArray[np.floating], standard: Standard) -> Space:
        """One eigendecomposition, of the smaller of the two products of the rows' columns."""
        rows = standard.apply(columns)
        if len(rows) <= rows.shape[1]:
            power, vectors = np.linalg.eigh(rows @ rows.T)
            varies = power > _NEGLIGIBLE * max(power[-1], 1e-300)
            power, vectors = power[varies], vectors[:, varies]
            root = np.sqrt(power)
            return cls(vectors * root, power, rows.T @ (vectors / root), standard)
        power, basis = np.linalg.eigh(rows.T @ rows)
        varies = power > _NEGLIGIBLE * max(power[-1], 1e-300)
        power, basis = power[varies], basis[:, varies]
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            rows[block, : len(power)] = rows[block] @ basis
        return cls(rows[:, : len(power)], power, basis, standard)

    def folded(
        self, weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights [rank, outputs] of coordinates as weights [columns, outputs] of raw columns."""
        return self.standard.folded(self.basis @ weights, bias)
