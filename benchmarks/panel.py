"""Panel: the default head against scikit-learn's grids on the same rows and the same inner folds.

PARALBENCH_PANEL names a folder of features of real recordings, one file a panel: <name>.npz with
features [rows, layers, 2, width], targets [rows] (class numbers from 0, or numbers with a fraction) and
groups [rows]. The synthetic hard cases are always run.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paralbench.heads import head, settings
from paralbench.heads.convex.inner_folds import InnerFolds
from paralbench.heads.head import PooledStream, Problem, Split
from paralbench.metrics import metric

Array: TypeAlias = NDArray[np.float64]
Part: TypeAlias = tuple[Array, Array]

FOLDS = 5
STRENGTHS = np.logspace(-6, 2, 9)
HEADS = ("linear-probe", "sgd-probe")


def run() -> list[tuple[str, str]]:
    """Score, log-loss or error, and seconds of every case and learner."""
    rows = []
    for name, features, problem in [*_synthetic(), *_real()]:
        for learner in HEADS:
            rows.append(
                (f"{name}: {learner}", _measured(problem, _head(learner, features, problem)))
            )
        for learner, fit in _references(problem.kind).items():
            for layers, columns in _views(features).items():
                outputs = _reference(fit, columns, problem)
                rows.append((f"{name}: {learner}, {layers}", _measured(problem, outputs)))
    return rows


def _synthetic() -> Iterator[tuple[str, NDArray[np.float32], Problem]]:
    """Few causes in many columns, with speakers of their own; each case is hard in one way."""
    cases: list[tuple[str, int, int, int, Literal["class", "number"], Any]] = [
        ("few rows, many columns", 90, 5, 768, "class", None),
        ("48 columns", 400, 1, 24, "class", None),
        ("strong imbalance", 600, 3, 64, "class", [0.9, 0.07, 0.03]),
        ("one speaker a class", 300, 3, 64, "class", "speaker"),
        ("numbers", 400, 3, 128, "number", None),
    ]
    for name, rows, layers, width, kind, extra in cases:
        rng = np.random.default_rng(0)
        groups = np.sort(rng.integers(15, size=rows))
        targets = rng.choice(3, rows, p=extra if isinstance(extra, list) else None).astype(float)
        if extra == "speaker":
            targets = (groups % 3).astype(float)
        causes = rng.standard_normal((rows, 24))
        causes[:, :3] += np.eye(3)[targets.astype(int)] * 1.5
        causes[:, 4:12] += 1.5 * rng.standard_normal((15, 8))[groups]
        if kind == "number":
            targets = causes[:, 0] + 0.5 * rng.standard_normal(rows)
        features = np.empty((rows, layers, 2, width), np.float32)
        for layer in range(layers):
            mixed = causes @ rng.standard_normal((24, 2 * width)) * 0.4
            noise = rng.standard_normal((rows, 2 * width)) * (1 + layer)
            features[:, layer] = (mixed + noise).reshape(rows, 2, width)
        classes = 3 if kind == "class" else 0
        # Of one speaker a class, rows are tested: no speaker could be held out.
        known = None if extra == "speaker" else groups
        yield name, features, Problem(kind, targets, classes, groups=known)


def _real() -> Iterator[tuple[str, NDArray[np.float32], Problem]]:
    folder = os.environ.get("PARALBENCH_PANEL")
    for file in sorted(Path(folder).glob("*.npz")) if folder else ():
        with np.load(file) as stored:
            targets = stored["targets"].astype(float)
            classes = 0 if (targets % 1).any() else int(targets.max()) + 1
            problem = Problem(
                "class" if classes else "number", targets, classes, groups=stored["groups"]
            )
            yield file.stem, stored["features"], problem


def _splits(problem: Problem) -> list[Split]:
    """Test folds of complete groups; the fold after the tested one develops."""
    kinds = (
        problem.targets.astype(np.int64)
        if problem.classes
        else np.zeros(len(problem.targets), np.int64)
    )
    folds = InnerFolds.of(problem.groups, kinds, FOLDS)
    parts = [np.flatnonzero(folds.number == fold) for fold in range(folds.count)]
    return [
        Split(
            fold, 0,
            np.concatenate([p for n, p in enumerate(parts) if n not in (fold, (fold + 1) % len(parts))]),
            parts[(fold + 1) % len(parts)], test,
        )
        for fold, test in enumerate(parts)
    ]  # fmt: skip


Outputs: TypeAlias = tuple[Array, float]
"""Of each row when it was tested: log-probabilities or a value; and seconds."""


def _head(name: str, features: NDArray[np.float32], problem: Problem) -> Outputs:
    began = time.perf_counter()
    stream = PooledStream("panel", features)
    fits = head(name).fit([stream], problem, _splits(problem), settings(name, {}))
    seconds = time.perf_counter() - began
    outputs = np.zeros((len(problem.targets), max(1, problem.classes)))
    for fit in fits.fitted:
        outputs[fit.split.test] = fit.outputs
    return (np.log(np.maximum(outputs, 1e-12)) if problem.classes else outputs), seconds


def _views(features: NDArray[np.float32]) -> dict[str, Array]:
    rows, layers = features.shape[:2]
    views = {"last layer": features[:, -1], "mean of layers": features.mean(1)}
    if layers > 1:
        views["layers side by side"] = features
    else:
        del views["mean of layers"]
    return {name: view.reshape(rows, -1).astype(float) for name, view in views.items()}


Fit: TypeAlias = Callable[[float, Part, Array], Array]
"""Log-probabilities or values of rows, by a model of this setting fitted on a part."""


def _references(kind: str) -> dict[str, tuple[Fit, Sequence[float]]]:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC, SVR

    def classifier(make: Callable[[float], Any]) -> Fit:
        def fit(setting: float, part: Part, rows: Array) -> Array:
            probabilities: Array = make(setting).fit(*part).predict_proba(rows)
            return np.log(np.maximum(probabilities, 1e-12))

        return fit

    def regressor(make: Callable[[float], Any]) -> Fit:
        return lambda setting, part, rows: make(setting).fit(*part).predict(rows)[:, None]

    if kind == "number":
        return {
            "ridge": (regressor(lambda c: Ridge(1 / c)), STRENGTHS.tolist()),
            "RBF SVM": (regressor(lambda c: SVR(C=c)), [0.1, 1, 10]),
        }
    return {
        "logistic": (
            classifier(lambda c: LogisticRegression(C=c, class_weight="balanced", max_iter=2000)),
            STRENGTHS.tolist(),
        ),
        "RBF SVM": (
            classifier(
                lambda c: SVC(C=c, class_weight="balanced", probability=True, random_state=0)
            ),
            [0.1, 1, 10],
        ),
        "kNN": (classifier(lambda k: KNeighborsClassifier(int(k))), [1, 5, 10]),
    }


def _reference(learner: tuple[Fit, Sequence[float]], columns: Array, problem: Problem) -> Outputs:
    """The setting with the least inner loss, refitted on training and development rows."""
    from sklearn.preprocessing import StandardScaler

    fit, grid = learner
    outputs = np.full((len(columns), max(1, problem.classes)), -27.6 if problem.classes else 0.0)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for split in _splits(problem):
            rows = np.union1d(split.train, split.develop)
            scaler = StandardScaler().fit(columns[rows])
            values, targets = scaler.transform(columns[rows]), problem.targets[rows]
            kinds = targets.astype(np.int64) if problem.classes else np.zeros(len(rows), np.int64)
            groups = None if problem.groups is None else problem.groups[rows]
            inner = InnerFolds.of(groups, kinds, FOLDS).number
            losses = []
            for setting in grid:
                held = np.zeros((len(rows), outputs.shape[1]))
                for part in np.unique(inner):
                    left = inner != part
                    held[~left] = fit(setting, (values[left], targets[left]), values[~left])
                losses.append(_loss(held, targets, problem.classes))
            best = grid[int(np.argmin(losses))]
            outputs[split.test] = fit(
                best, (values, targets), scaler.transform(columns[split.test])
            )
    return outputs, time.perf_counter() - began


def _loss(outputs: Array, targets: Array, classes: int) -> float:
    """Log-loss with every class weighing the same, or squared error."""
    if not classes:
        return float(((outputs[:, 0] - targets) ** 2).mean())
    truth = targets.astype(int)
    losses = -outputs[np.arange(len(truth)), truth]
    return float(np.mean([losses[truth == kind].mean() for kind in np.unique(truth)]))


def _measured(problem: Problem, outputs: Outputs) -> str:
    values, seconds = outputs
    loss = _loss(values, problem.targets, problem.classes)
    if problem.classes:
        predicted = values.argmax(1).astype(float)
        score = metric("uar")(problem.targets, predicted, problem.classes)
        return f"UAR {score:.3f}, log-loss {loss:.3f}, {seconds:.1f} s"
    ccc = metric("ccc")(problem.targets, values[:, 0])
    return f"CCC {ccc:.3f}, error {np.sqrt(loss):.3f}, {seconds:.1f} s"
