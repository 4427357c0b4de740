"""Linear probe: 5 folds x 5 seeds on 5,531 utterances of 13 x 2 x 768 against scikit-learn's 25 fits."""

from __future__ import annotations

import time
import warnings

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import PooledStream, Problem, Split
from paralbench.heads.linear_probe import HEAD, Settings
from paralbench.metrics import metric

ROWS, LAYERS, WIDTH, CLASSES, SESSIONS, SEEDS = 5531, 13, 768, 4, 5, 5


def run() -> list[tuple[str, str]]:
    """The probe also learns which layers count; scikit-learn is given their mean, a smaller problem."""
    features, targets, sessions = corpus()
    cuts = splits(sessions)
    began = time.perf_counter()
    stream = PooledStream("bench", features)
    fits = HEAD.fit([stream], Problem("class", targets.astype(float), CLASSES), cuts, Settings())
    ours = time.perf_counter() - began
    our_uar = np.mean([_uar(targets[fit.split.test], fit.outputs.argmax(1)) for fit in fits.fitted])
    steps = np.mean([fit.chosen["steps"] for fit in fits.fitted])

    pooled = features.mean(1).reshape(ROWS, -1)
    began = time.perf_counter()
    scores = [_sklearn(pooled, targets, split) for split in cuts]
    theirs = time.perf_counter() - began
    return [
        ("scikit-learn / linear-probe, seconds", f"{theirs / ours:.2f} (aim: 3)"),
        (
            "linear-probe, 25 fits",
            f"{ours:.1f} s, best steps {steps:.0f} on average, UAR {our_uar:.3f}",
        ),
        (
            "scikit-learn, 25 fits",
            f"{theirs:.1f} s, lbfgs to its default limit, UAR {np.mean(scores):.3f}",
        ),
    ]


def corpus() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Features with the correlations that real ones have: few causes, many columns, layer by layer."""
    rng = np.random.default_rng(0)
    targets, sessions = rng.integers(CLASSES, size=ROWS), rng.integers(SESSIONS, size=ROWS)
    causes = rng.standard_normal((ROWS, 64)).astype(np.float32)
    causes[:, :CLASSES] += 1.2 * np.eye(CLASSES, dtype=np.float32)[targets]
    causes[:, 8:16] += 2 * rng.standard_normal((SESSIONS, 8)).astype(np.float32)[sessions]
    features = np.empty((ROWS, LAYERS, 2, WIDTH), np.float32)
    for layer in range(LAYERS):
        mixing = rng.standard_normal((64, 2 * WIDTH)).astype(np.float32) * 0.3
        noise = rng.standard_normal((ROWS, 2 * WIDTH), dtype=np.float32) * (1 + abs(layer - 8) / 4)
        features[:, layer] = (causes @ mixing + noise).reshape(ROWS, 2, WIDTH)
    return features, targets, sessions


def splits(sessions: NDArray[np.int64]) -> list[Split]:
    """Leave one session out, another of them develops, the seed says which."""
    cuts = []
    for fold in range(SESSIONS):
        for seed in range(SEEDS):
            held = (fold + 1 + seed % (SESSIONS - 1)) % SESSIONS
            rows = [np.flatnonzero(part) for part in (
                (sessions != fold) & (sessions != held), sessions == held, sessions == fold)]  # fmt: skip
            cuts.append(Split(fold, seed, *rows))
    return cuts


def _sklearn(pooled: NDArray[np.float32], targets: NDArray[np.int64], split: Split) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(pooled[split.train])
    model = LogisticRegression()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it stops at 100 iterations, which is to its advantage here
        model.fit(scaler.transform(pooled[split.train]), targets[split.train])
    return _uar(targets[split.test], model.predict(scaler.transform(pooled[split.test])))


def _uar(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    return metric("uar")(truth.astype(float), predicted.astype(float), CLASSES)
