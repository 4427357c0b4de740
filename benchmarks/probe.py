"""Linear probe: five folds of 13 layers of 2 x 768 against scikit-learn's choice over the same grid."""

from __future__ import annotations

import time
import warnings

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.convex.inner_folds import InnerFolds
from paralbench.heads.convex.layer import STRENGTHS
from paralbench.heads.head import PooledStream, Problem, Split
from paralbench.heads.linear_probe import HEAD, Settings
from paralbench.metrics import metric

ROWS, LAYERS, WIDTH, CLASSES, SESSIONS, SEEDS = 5531, 13, 768, 4, 5, 5
SKLEARN_FOLDS, SKLEARN_LAYERS = 1, 1
"""Outer folds and layers that scikit-learn is timed on: 81 fits each, minutes."""


def run() -> list[tuple[str, str]]:
    """Same rows, strengths and inner folds; scikit-learn's seconds are scaled to all folds and layers."""
    features, targets, sessions = corpus()
    speakers = 2 * sessions + np.random.default_rng(1).integers(2, size=ROWS)
    cuts = splits(sessions, seeds=1)
    began = time.perf_counter()
    stream = PooledStream("bench", features)
    problem = Problem("class", targets.astype(float), CLASSES, groups=speakers)
    fits = HEAD.fit([stream], problem, cuts, Settings())
    ours = time.perf_counter() - began
    our_uar = np.mean([_uar(targets[fit.split.test], fit.outputs.argmax(1)) for fit in fits.fitted])

    began = time.perf_counter()
    scores = [
        _sklearn(features[:, layer].reshape(ROWS, -1), targets, speakers, split)
        for split in cuts[:SKLEARN_FOLDS]
        for layer in range(LAYERS - SKLEARN_LAYERS, LAYERS)
    ]
    part = time.perf_counter() - began
    theirs = part * SESSIONS / SKLEARN_FOLDS * LAYERS / SKLEARN_LAYERS
    return [
        ("scikit-learn / linear-probe, seconds", f"{theirs / ours:.2f} (aim: 3)"),
        (
            f"linear-probe, {SESSIONS} folds of {LAYERS} layers and their weights",
            f"{ours:.1f} s, UAR {our_uar:.3f}",
        ),
        (
            f"scikit-learn, the same grid and inner folds, {SKLEARN_FOLDS} of {SESSIONS} folds "
            f"and {SKLEARN_LAYERS} of {LAYERS} layers",
            f"{part:.1f} s, {theirs:.0f} s for all by proportion, UAR {np.mean(scores):.3f}",
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


def splits(sessions: NDArray[np.int64], seeds: int = SEEDS) -> list[Split]:
    """Leave one session out, another of them develops, the seed says which."""
    cuts = []
    for fold in range(SESSIONS):
        for seed in range(seeds):
            held = (fold + 1 + seed % (SESSIONS - 1)) % SESSIONS
            rows = [np.flatnonzero(part) for part in (
                (sessions != fold) & (sessions != held), sessions == held, sessions == fold)]  # fmt: skip
            cuts.append(Split(fold, seed, *rows))
    return cuts


def _sklearn(
    columns: NDArray[np.float32],
    targets: NDArray[np.int64],
    speakers: NDArray[np.int64],
    split: Split,
) -> float:
    """UAR of one layer; the strength is chosen by log-loss over the probe's own inner folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.preprocessing import StandardScaler

    rows = np.union1d(split.train, split.develop)
    scaler = StandardScaler().fit(columns[rows])
    train, test = scaler.transform(columns[rows]), scaler.transform(columns[split.test])
    kinds = targets[rows]
    folds = InnerFolds.of(speakers[rows], kinds, Settings().inner_folds)
    weights = len(rows) / CLASSES / np.bincount(kinds)[kinds]
    losses = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it stops at 100 iterations, which is to its advantage
        for strength in STRENGTHS:
            outputs = np.zeros((len(rows), CLASSES))
            for part in range(folds.count):
                held = folds.number == part
                model = LogisticRegression(C=1 / (strength * train.size))
                model.fit(train[~held], kinds[~held], weights[~held])
                outputs[held] = model.predict_proba(train[held])
            losses.append(log_loss(kinds, outputs, sample_weight=weights))
        best = STRENGTHS[int(np.argmin(losses))]
        model = LogisticRegression(C=1 / (best * train.size)).fit(train, kinds, weights)
    return _uar(targets[split.test], model.predict(test))


def _uar(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    return metric("uar")(truth.astype(float), predicted.astype(float), CLASSES)
