"""CCC as AVEC 2019 computed it, against numpy's own covariance and variance."""

import numpy as np
import pytest

from paralbench.metrics import metric


def by_hand(truth: list[float], predicted: list[float]) -> float:
    """The official formula in numpy's words: cov with bias, var without."""
    cov = np.cov(truth, predicted, bias=True)[0, 1]
    spread = np.var(truth, ddof=1) + np.var(predicted, ddof=1)
    return float(2 * cov / (spread + (np.mean(truth) - np.mean(predicted)) ** 2))


def test_identical_sequences_of_four_score_three_quarters() -> None:
    assert metric("ccc-avec")(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 4])) == pytest.approx(
        0.75
    )


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_official_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=17)
    predicted = 0.5 * truth + rng.normal(0.3, 0.5, size=17)
    assert metric("ccc-avec")(truth, predicted) == pytest.approx(
        by_hand(truth.tolist(), predicted.tolist())
    )


def test_it_approaches_the_platforms_own_with_length_and_never_equals_it() -> None:
    rng = np.random.default_rng(9)
    truth = rng.normal(size=20000)
    predicted = truth + rng.normal(size=20000)
    own, avec = metric("ccc")(truth, predicted), metric("ccc-avec")(truth, predicted)
    assert avec == pytest.approx(own * (1 - 1 / 20000), rel=1e-4)
    assert avec < own
