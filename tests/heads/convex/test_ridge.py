"""Ridge: left-out values against fits that are made without the rows."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.heads.convex.ridge import Ridge
from paralbench.heads.convex.space import Space
from paralbench.heads.convex.standard import Standard


@pytest.mark.parametrize(("rows", "columns"), [(60, 200), (60, 59), (60, 30), (200, 12)])
@pytest.mark.parametrize("strength", [1e-2, 1, 1e3])
def test_left_out_values_are_those_of_fits_without_the_part(
    rows: int, columns: int, strength: float
) -> None:
    """Also with a column that is constant and one that is there twice."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, columns)) * rng.uniform(0.1, 10, columns) + 5
    values[:, 3], values[:, 4] = 2, values[:, 5]
    targets = values[:, 0] + rng.normal(size=rows)
    parts = rng.integers(4, size=rows)
    space = Space.of(values, Standard.of(values))
    left_out = Ridge(space.coordinates, space.power, targets).left_out(strength, parts)[:, 0]
    scaled = space.standard.apply(values)
    for part in range(4):
        fitted = parts != part
        mean, centre = scaled[fitted].mean(0), targets[fitted].mean()
        middle = scaled[fitted] - mean
        weights = np.linalg.solve(
            middle.T @ middle + strength * np.eye(columns), middle.T @ (targets[fitted] - centre)
        )
        expected = (scaled[~fitted] - mean) @ weights + centre
        assert left_out[~fitted] == pytest.approx(expected, abs=1e-9, rel=1e-9)


def test_all_rows_give_scikit_learns_ridge() -> None:
    from sklearn.linear_model import Ridge as Reference

    rng = np.random.default_rng(1)
    values = rng.normal(size=(50, 80)) + 3
    targets = values[:, 0] * 2 + rng.normal(size=50)
    space = Space.of(values, Standard.of(values))
    weights, bias = space.folded(*Ridge(space.coordinates, space.power, targets).solve(4.0))
    reference = Reference(alpha=4.0).fit(space.standard.apply(values), targets)
    assert (values @ weights + bias)[:, 0] == pytest.approx(
        reference.predict(space.standard.apply(values)), abs=1e-9
    )
