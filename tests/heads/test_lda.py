"""Discriminant analysis against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from paralbench.heads import settings
from paralbench.heads.lda import HEAD


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("weights", ["balanced", "none"])
@pytest.mark.parametrize("columns", [8, 90])
def test_probabilities_are_those_of_scikit_learn(columns: int, weights: str, classes: int) -> None:
    """With more rows than columns, and with fewer."""
    random = np.random.default_rng(columns)
    targets = np.minimum(random.integers(0, 2 * classes, 60), classes - 1).astype(float)
    rows = random.normal(size=(60, columns)) * random.uniform(0.3, 2, columns)
    rows[:, :classes] += np.eye(classes)[targets.astype(int)]
    queries = random.normal(size=(30, columns))
    candidates = HEAD.candidates(None, columns)
    chosen = settings("lda", {"class_weights": weights})
    priors = np.full(classes, 1 / classes) if weights == "balanced" else None
    models = HEAD.models(rows, targets, classes, candidates, chosen)
    for candidate, model in zip(candidates, models, strict=True):
        expected = LinearDiscriminantAnalysis(
            solver="lsqr", shrinkage=candidate["shrinkage"], priors=priors
        ).fit(rows, targets)
        logits = queries @ model["weights"] + model["bias"]
        outputs = np.exp(logits - logits.max(1, keepdims=True))
        outputs /= outputs.sum(1, keepdims=True)
        assert outputs == pytest.approx(expected.predict_proba(queries), abs=1e-8)


def test_a_class_without_rows_is_never_predicted() -> None:
    random = np.random.default_rng(0)
    targets = random.choice([0.0, 2.0], 30)
    rows = random.normal(size=(30, 5))
    (model,) = HEAD.models(rows, targets, 3, [{"shrinkage": 0.5}], settings("lda", {}))
    assert 1 not in (rows @ model["weights"] + model["bias"]).argmax(1)
