"""The fair probe: weights against scikit-learn, gaps that shrink, and nothing read of test rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from paralbench.heads import linear_probe
from paralbench.heads.convex.training_side import TrainingSide
from paralbench.heads.fair_probe import HEAD, Settings, balanced
from paralbench.heads.head import Fitted, PooledStream, Problem, Split
from tests.heads.speakers import speakers, speakers_split

SPEAKERS, EACH = 60, 8


def _planted(
    seed: int = 0, minority: tuple[float, float] = (-2.0, 2.0)
) -> tuple[Any, Problem, Split]:
    """One in ten speakers is of a group whose classes lie along another direction.

    By default the first column is reversed in it; a map that serves both leans on the second.
    """
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(SPEAKERS), EACH)
    strata = (groups % 10 == 0).astype(np.int64)
    targets = rng.integers(0, 2, len(groups))
    sign = 2 * targets - 1
    features = rng.normal(size=(len(groups), 1, 2, 3))
    features[:, 0, 0, 0] += np.where(strata == 1, minority[0], 1.5) * sign
    features[:, 0, 0, 1] += np.where(strata == 1, minority[1], 1.0) * sign
    problem = Problem("class", targets.astype(float), 2, groups=groups, strata=strata)
    test = groups >= SPEAKERS // 2
    split = Split(0, 0, np.flatnonzero(~test), np.zeros(0, np.int64), np.flatnonzero(test))
    return features.astype(np.float32), problem, split


def _fitted(head: Any, settings: Any, features: Any, problem: Problem, split: Split) -> Fitted:
    (fitted,) = head.fit([PooledStream("some", features)], problem, [split], settings).fitted
    return fitted  # type: ignore[no-any-return]


def _recalls(fitted: Fitted, problem: Problem) -> tuple[float, float]:
    """UAR of the majority and of the minority on the test rows."""
    rows = fitted.split.test
    assert problem.strata is not None
    right = fitted.outputs.argmax(1) == problem.targets[rows]
    scores = [
        np.mean([
            right[(problem.strata[rows] == stratum) & (problem.targets[rows] == kind)].mean()
            for kind in (0, 1)
        ])
        for stratum in (0, 1)
    ]  # fmt: skip
    return float(scores[0]), float(scores[1])


@pytest.mark.parametrize("method", ["reweight", "group-robust"])
def test_a_planted_gap_shrinks(method: Any) -> None:
    before, after = [], []
    for seed in range(3):
        features, problem, split = _planted(seed)
        plain = _fitted(linear_probe.HEAD, linear_probe.Settings(), features, problem, split)
        fair = _fitted(HEAD, Settings(method=method, rounds=3), features, problem, split)
        before.append(_recalls(plain, problem))
        after.append(_recalls(fair, problem))
    gap = [majority - minority for majority, minority in (np.mean(before, 0), np.mean(after, 0))]
    assert gap[0] > 0.1
    assert abs(gap[1]) < gap[0] / 2
    assert np.mean(after, 0)[1] > np.mean(before, 0)[1] + 0.1


def test_the_reweighted_map_is_scikit_learns() -> None:
    """With sample_weight one over the count of subgroup and class, at the strength that was chosen."""
    features, problem, split = _planted()
    fair = _fitted(HEAD, Settings(), features, problem, split)
    rows = split.train
    assert problem.strata is not None
    cells = problem.strata[rows] * 2 + problem.targets[rows].astype(int)
    weight = len(rows) / 4 / np.bincount(cells)[cells]
    columns = features[rows, 0].reshape(len(rows), -1).astype(float)
    mean, deviation = columns.mean(0), columns.std(0)
    strength = 10 ** (np.round(2 * np.log10(fair.chosen["strengths"][0])) / 2) * columns.size
    # Of two classes scikit-learn maps the difference of the logits: half our penalty.
    model = LogisticRegression(C=2 / strength, tol=1e-10, max_iter=10_000).fit(
        (columns - mean) / deviation, problem.targets[rows], sample_weight=weight
    )
    ours = (fair.state["weights"][0, :, 1] - fair.state["weights"][0, :, 0]) * deviation
    assert ours == pytest.approx(model.coef_[0], abs=1e-3 * np.abs(model.coef_).max())


def test_weights_of_subgroup_and_class_are_inverse_to_their_counts() -> None:
    _, problem, split = _planted()
    side = TrainingSide.of(problem, split.train, Settings(), "ccc")
    assert problem.strata is not None
    strata = problem.strata[split.train]
    weights = balanced(side, strata, np.array([0.5, 0.5]), Settings())
    assert weights.sum() == pytest.approx(len(strata))
    cells = strata * 2 + side.targets.astype(int)
    assert np.bincount(cells, weights) == pytest.approx(np.full(4, len(strata) / 4))
    plain = balanced(side, strata, np.array([0.5, 0.5]), Settings(class_weights="none"))
    assert np.bincount(strata, plain) == pytest.approx(np.full(2, len(strata) / 2))


def test_one_subgroup_is_the_linear_probe() -> None:
    features, problem = speakers()
    split = speakers_split()
    fair = _fitted(HEAD, Settings(), features, problem, split)
    plain = _fitted(linear_probe.HEAD, linear_probe.Settings(), features, problem, split)
    assert fair.outputs == pytest.approx(plain.outputs, abs=1e-5)


@pytest.mark.parametrize("method", ["reweight", "group-robust"])
def test_subgroups_of_test_rows_are_not_read(method: Any) -> None:
    features, problem, split = _planted()
    assert problem.strata is not None
    other = problem.strata.copy()
    other[split.test] = 1 - other[split.test]
    settings = Settings(method=method, rounds=2)
    fitted = [
        _fitted(HEAD, settings, features, replace(problem, strata=strata), split)
        for strata in (problem.strata, other)
    ]
    assert np.array_equal(fitted[0].outputs, fitted[1].outputs)


def test_the_worse_subgroup_gets_the_greater_share() -> None:
    features, problem, split = _planted(minority=(0.1, 0.1))
    fair = _fitted(HEAD, Settings(method="group-robust", rounds=4), features, problem, split)
    shares = fair.chosen["subgroup_shares"]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert shares[1] > shares[0]
