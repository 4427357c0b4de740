"""Heads that learn raters' distributions come nearer to them than by the class with most votes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from paralbench.heads import head, settings
from paralbench.heads.head import PooledStream, Problem, Split

ROWS, CLASSES = 400, 3


def _divergence(name: str, problem: Problem, stream: PooledStream) -> float:
    """The Kullback-Leibler divergence on test rows."""
    groups = np.arange(ROWS) % 10
    sides = [np.flatnonzero(np.isin(groups, some)) for some in ([0, 1, 2], [3], range(4, 10))]
    split = Split(0, 0, train=sides[2], develop=sides[1], test=sides[0])
    fast = {"rate": 1e-2} if name == "mlp" else {}
    fits = head(name).fit([stream], replace(problem, groups=groups), [split], settings(name, fast))
    outputs = fits.fitted[0].outputs.astype(float)
    return float(rel_entr(_shares()[split.test], outputs).sum(1).mean())


def _shares() -> np.ndarray:
    rng = np.random.default_rng(0)
    shares: np.ndarray = softmax(1.5 * rng.normal(size=(ROWS, CLASSES)), axis=1)
    return shares


@pytest.mark.parametrize("name", ["linear-probe", "knn", "mlp"])
def test_distributions_are_learnt_better_than_from_the_most_chosen_class(name: str) -> None:
    shares = _shares()
    rng = np.random.default_rng(1)
    values = rng.normal(size=(ROWS, 1, 2, 5)).astype(np.float32) * 0.1
    values[:, 0, 0, :CLASSES] += np.log(shares).astype(np.float32)
    stream = PooledStream("made", values)
    hard = Problem("class", shares.argmax(1).astype(float), CLASSES)
    soft = replace(hard, distributions=shares)
    divergence = _divergence(name, soft, stream)
    assert divergence < 0.08
    assert divergence < 0.7 * _divergence(name, hard, stream)


@pytest.mark.parametrize("name", ["lda", "svm", "sgd-probe"])
def test_a_head_that_cannot_learn_them_does_not_say_so(name: str) -> None:
    assert "distribution" not in head(name).targets
