"""Logistic regression: scikit-learn's coefficients, one member at a time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from paralbench.heads.convex.logistic import Logistic
from paralbench.heads.convex.space import Space
from paralbench.heads.convex.standard import Standard


@pytest.mark.parametrize(("rows", "columns"), [(60, 150), (150, 40)])
@pytest.mark.parametrize("classes", [2, 4])
def test_coefficients_are_scikit_learns(rows: int, columns: int, classes: int) -> None:
    """Along a path, for all rows and for two subsets, balanced."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, columns)) * rng.uniform(0.1, 10, columns) + 5
    truth = rng.integers(classes, size=rows)
    values[:, :classes] += 20 * np.eye(classes)[truth]
    weights = (rows / classes / np.bincount(truth))[truth]
    part = rng.integers(2, size=rows)
    members = np.stack([weights, weights * (part != 0), weights * (part != 1)])
    space = Space.of(values, Standard.of(values))
    model = Logistic(space.coordinates, space.power, np.eye(classes)[truth], members)
    scaled = space.standard.apply(values)
    # Of two classes scikit-learn maps the difference of the logits: half our penalty.
    factor = 2 if classes == 2 else 1
    for strength in (1e3, 10.0, 0.1):
        model.solve(strength, 1e-14)
        for member, weight in zip(model.state, members, strict=True):
            reference = LogisticRegression(C=factor / strength, tol=1e-8, max_iter=5000).fit(
                scaled, truth, sample_weight=weight
            )
            result = (space.basis @ member[:-1]).T
            result = result[1:] - result[:1] if classes == 2 else result
            assert result == pytest.approx(
                reference.coef_, abs=2e-4 * np.abs(reference.coef_).max()
            )
            intercept = member[-1] - member[-1].mean()
            expected = reference.intercept_ - reference.intercept_.mean()
            if classes > 2:
                assert intercept == pytest.approx(expected, abs=2e-3)


def test_a_member_with_less_to_do_is_left_alone() -> None:
    """Members that are solved together are those solved one by one."""
    rng = np.random.default_rng(2)
    values, truth = rng.normal(size=(80, 20)), rng.integers(3, size=80)
    members = np.stack([np.ones(80), rng.random(80), (np.arange(80) < 40) * 1.0])
    space = Space.of(values, Standard.of(values))
    together = Logistic(space.coordinates, space.power, np.eye(3)[truth], members)
    together.solve(1.0, 1e-14)
    for number, weights in enumerate(members):
        alone = Logistic(space.coordinates, space.power, np.eye(3)[truth], weights[None])
        alone.solve(1.0, 1e-14)
        assert together.state[number] == pytest.approx(alone.state[0], abs=1e-5)


def test_distributions_are_rows_of_every_class_by_its_share() -> None:
    """scikit-learn learns a row three times, once a class, with the share as its weight."""
    rng = np.random.default_rng(3)
    values, shares = rng.normal(size=(90, 12)), rng.dirichlet(np.ones(3), size=90)
    values[:, :3] += 2 * shares
    space = Space.of(values, Standard.of(values))
    members = np.stack([np.ones(90), (np.arange(90) < 60) * 1.0])
    model = Logistic(space.coordinates, space.power, shares, members)
    model.solve(5.0, 1e-14)
    rows = np.repeat(space.standard.apply(values), 3, axis=0)
    for member, weights in zip(model.state, members, strict=True):
        reference = LogisticRegression(C=1 / 5.0, tol=1e-9, max_iter=5000).fit(
            rows, np.tile(np.arange(3), 90), sample_weight=(shares * weights[:, None]).ravel()
        )
        result = (space.basis @ member[:-1]).T
        assert result == pytest.approx(reference.coef_, abs=1e-4)
