"""Losses that choose strengths: scikit-learn's log-loss, of classes and of distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics

from paralbench.heads.convex.criterion import log_loss


def test_log_loss_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    logits, classes, weights = rng.normal(size=(50, 3)), rng.integers(3, size=50), rng.random(50)
    expected = metrics.log_loss(classes, softmax(logits, axis=1), sample_weight=weights)
    assert log_loss(logits, np.eye(3)[classes], weights) == pytest.approx(expected)
    shares = rng.dirichlet(np.ones(3), size=50)
    expected = metrics.log_loss(
        np.tile(np.arange(3), 50), np.repeat(softmax(logits, axis=1), 3, axis=0),
        sample_weight=(shares * weights[:, None]).ravel(),
    )  # fmt: skip
    assert log_loss(logits, shares, weights) == pytest.approx(expected)
