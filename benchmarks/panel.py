"""Panel: every head beside scikit-learn's grids, on the open tasks and on synthetic hard cases.

All learners get the same rows, splits and inner folds of complete groups, refit on training and
development rows, and see one seed. ``python -m benchmarks.panel`` prints the tables of docs/heads/panel.md,
``python -m benchmarks.panel mlp lda`` the cells of these heads.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.open_tasks import inputs, open_tasks
from paralbench.evaluation.inputs import Inputs
from paralbench.heads import head, names, settings
from paralbench.heads.convex.inner_folds import InnerFolds
from paralbench.heads.head import PooledStream, Problem, Split, Stream, Workplace
from paralbench.metrics import metric
from paralbench.records.errors import ParalbenchError
from paralbench.system.processes import worker_pool
from paralbench.system.text_table import columns

Array: TypeAlias = NDArray[np.float64]

DEFAULT = "linear-probe"
POOLED = (DEFAULT, "sgd-probe", "mlp", "knn", "lda", "svm")
REFERENCES = {
    "class": ("LR, last layer", "LR, mean of layers", "LR, layers side by side", "RBF SVM", "k-NN"),
    "number": ("ridge, last layer", "ridge, mean of layers", "ridge, layers side by side", "RBF SVM", "k-NN"),
}  # fmt: skip
MODELS = ("whisper-tiny.en", "egemaps", "log-mel")
NETWORKS_ON, SEVERAL = "game-voices-affect", "whisper-tiny.en+log-mel+egemaps-lld"
FOLDS = 5
STRENGTHS = 10.0 ** np.arange(-5, 1)
COSTS, NEIGHBOURS = (0.1, 1.0, 10.0), (1, 5, 15, 41)


@dataclass(frozen=True)
class Case:
    """Features, targets and splits of one row of the panel."""

    name: str
    streams: Sequence[Stream]
    problem: Problem
    splits: Sequence[Split]


@dataclass(frozen=True)
class Measured:
    """What a learner scored on a case, and what it took.

    Args:
        case: the case's name.
        learner: the learner's name.
        score: UAR, or CCC of numbers.
        loss: log-loss in nats, or root mean squared error over the targets' deviation.
        seconds: processor time of all folds.
    """

    case: str
    learner: str
    score: float
    loss: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.score:.3f} / {self.loss:.2f} / {self.seconds:.1f}"


def run() -> list[tuple[str, str]]:
    """Score, loss and seconds of each learner on each case."""
    return rows(panel())


def rows(measured: Sequence[Measured]) -> list[tuple[str, str]]:
    """A row for each."""
    return [(f"{each.case}: {each.learner}", str(each)) for each in measured]


def panel(learners: Collection[str] = ()) -> list[Measured]:
    """All cases, as many at once as there are cores; of all learners, or of these."""
    cases = [*_synthetic(), *_series()]
    for task, model in product(open_tasks(), MODELS):
        try:
            cases.append(_case(f"{task}, {model}", inputs(task, model, DEFAULT)))
        except ParalbenchError as error:
            print(f"{task}, {model}: not measured: {error}", file=sys.stderr)
    fetched = any(case.name.startswith(NETWORKS_ON) for case in cases)
    networks = [name for name in names() if name not in POOLED and fetched]
    places = range(len(cases))
    work = [
        *[(name, place) for place in places for name in POOLED],
        *[(name, None) for name in networks],
        *[(name, place) for place in places for name in REFERENCES[cases[place].problem.kind]],
    ]
    if learners:
        work = [arguments for arguments in work if arguments[0] in learners]
    with worker_pool(os.cpu_count() or 1, _start, (cases,)) as pool:
        done = [pool.submit(_measured, *arguments) for arguments in work]
        results = [future.result() for future in done]
    return [each for each in results if each is not None]


_CASES: list[Case] = []
"""In a worker: all cases."""


def _start(cases: Sequence[Case]) -> None:
    import torch

    torch.set_num_threads(1)
    threadpool_limits(1)
    warnings.simplefilter("ignore")
    _CASES[:] = cases


def _measured(learner: str, place: int | None) -> Measured | None:
    """A learner on a case, or a network on frames; None where it cannot learn from it."""
    if place is None:
        measured = _of_network(learner)
    elif learner in POOLED:
        measured = of_head(learner, _CASES[place])
    else:
        measured = of_reference(learner, _CASES[place])
    if measured is not None:
        print(f"{measured.case}: {measured.learner}: {measured}", file=sys.stderr, flush=True)
    return measured


def _case(name: str, read: Inputs) -> Case:
    return Case(name, read.streams, read.problem, read.splits)


# Heads


def of_head(name: str, case: Case) -> Measured | None:
    chosen = head(name).without_control()
    if case.problem.kind not in chosen.targets:
        return None
    began = time.process_time()
    fits = chosen.fit(
        case.streams, case.problem, case.splits, settings(name, {}), Workplace(workers=1)
    )
    seconds = time.process_time() - began
    rows = np.concatenate([fit.split.test for fit in fits.fitted])
    outputs = np.concatenate([fit.outputs for fit in fits.fitted]).astype(float)
    if case.problem.classes:
        outputs = np.log(np.maximum(outputs, 1e-12))
    return _scored(name, case, rows, outputs, seconds)


def _of_network(name: str) -> Measured | None:
    """A network on frames of the real task; features are read here, since frames are large."""
    model = MODELS[0]
    changed: dict[str, Any] = {}
    if head(name).streams == "many":
        model, changed = SEVERAL, {"frame_rate": 10.0}
    case = _case(f"{NETWORKS_ON}, {model}", inputs(NETWORKS_ON, model, name, changed))
    return of_head(name, case)


# References


def of_reference(name: str, case: Case) -> Measured | None:
    """A scikit-learn model of the setting with the least inner loss, refitted."""
    from sklearn.preprocessing import StandardScaler

    (stream,) = case.streams
    assert isinstance(stream, PooledStream)
    columns = _view(stream.values, name)
    if columns is None:
        return None
    problem = case.problem
    fit, grid, linear = _reference(name, problem.kind)
    rows, outputs = [], []
    began = time.process_time()
    for split in case.splits:
        train = np.union1d(split.train, split.develop)
        scaler = StandardScaler().fit(columns[train])
        values, tested = scaler.transform(columns[train]), scaler.transform(columns[split.test])
        if linear and values.shape[1] > len(values):
            # The same model in fewer coordinates: an L2 penalty does not depend on the basis.
            basis = np.linalg.svd(values, full_matrices=False)[2]
            values, tested = values @ basis.T, tested @ basis.T
        targets = problem.targets[train]
        inner = _inner(problem, train)
        losses = []
        for setting in grid:
            held = np.zeros((len(train), max(1, problem.classes)))
            for part in np.unique(inner):
                left = inner != part
                held[~left] = fit(setting, values[left], targets[left], values[~left])
            losses.append(_loss(held, targets, problem.classes))
        best = grid[int(np.argmin(losses))]
        rows.append(split.test)
        outputs.append(fit(best, values, targets, tested))
    seconds = time.process_time() - began
    return _scored(name, case, np.concatenate(rows), np.concatenate(outputs), seconds)


def _view(features: NDArray[np.float32], name: str) -> Array | None:
    """Columns [rows, columns] that a reference reads; None where it is another one's view."""
    if "last layer" in name:
        features = features[:, -1]
    elif features.shape[1] == 1 and "layer" in name:
        return None
    elif "side by side" not in name:
        features = features.mean(1)
    return features.reshape(len(features), -1).astype(float)


Fit: TypeAlias = Callable[[float, Array, Array, Array], Array]
"""(setting, training rows, targets, other rows) to log-probabilities or values of the other rows."""


def _reference(name: str, kind: str) -> tuple[Fit, Sequence[float], bool]:
    """How it is fitted, its settings, and whether it is linear."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.svm import SVC, SVR

    makes: Mapping[str, tuple[Callable[[float], Any], Sequence[float]]] = {
        "LR": (
            lambda c: LogisticRegression(C=c, class_weight="balanced", max_iter=1000),
            STRENGTHS.tolist(),
        ),
        "ridge": (lambda c: Ridge(1 / c), STRENGTHS.tolist()),
        "RBF SVM": (
            (lambda c: SVC(C=c, class_weight="balanced", probability=True, random_state=0))
            if kind == "class"
            else (lambda c: SVR(C=c)),
            COSTS,
        ),
        "k-NN": (
            (lambda k: KNeighborsClassifier(int(k)))
            if kind == "class"
            else (lambda k: KNeighborsRegressor(int(k))),
            NEIGHBOURS,
        ),
    }
    family = name.split(",")[0]
    make, grid = makes[family]

    def fit(setting: float, values: Array, targets: Array, rows: Array) -> Array:
        if family == "k-NN":
            setting = min(setting, len(values))
        model = make(setting).fit(values, targets)
        if kind == "number":
            return np.asarray(model.predict(rows))[:, None]
        probabilities = np.full((len(rows), int(model.classes_.max()) + 1), 1e-12)
        probabilities[:, model.classes_.astype(int)] = model.predict_proba(rows)
        logs: Array = np.log(np.maximum(probabilities, 1e-12))
        return logs

    return fit, grid, family in ("LR", "ridge")


def _inner(problem: Problem, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The inner fold of each row, as the default head deals them."""
    groups = problem.recordings if problem.groups is None else problem.groups
    kinds = (
        problem.targets[rows].astype(np.int64) if problem.classes else np.zeros(len(rows), np.int64)
    )
    return InnerFolds.of(None if groups is None else groups[rows], kinds, FOLDS).number


def _loss(outputs: Array, targets: Array, classes: int) -> float:
    """Log-loss with every class weighing the same, or squared error."""
    if not classes:
        return float(((outputs[:, 0] - targets) ** 2).mean())
    truth = targets.astype(int)
    losses = -outputs[np.arange(len(truth)), truth]
    return float(np.mean([losses[truth == kind].mean() for kind in np.unique(truth)]))


def _scored(
    name: str, case: Case, rows: NDArray[np.int64], outputs: Array, seconds: float
) -> Measured:
    truth, classes = case.problem.targets[rows], case.problem.classes
    loss = _loss(outputs, truth, classes)
    if classes:
        score = metric("uar")(truth, outputs.argmax(1).astype(float), classes)
    else:
        score, loss = metric("ccc")(truth, outputs[:, 0]), float(np.sqrt(loss) / truth.std())
    return Measured(case.name, name, float(score), loss, seconds)


# Synthetic cases


def _synthetic() -> Iterator[Case]:
    """Few causes in many columns, with speakers' differences; each case is hard in one way."""
    cases: list[tuple[str, int, int, int, Literal["class", "number"], Any]] = [
        *[(f"few rows, many columns ({draw})", 90, 5, 768, "class", None) for draw in range(4)],
        ("48 columns", 400, 1, 24, "class", None),
        ("strong imbalance", 600, 3, 64, "class", [0.9, 0.07, 0.03]),
        ("one speaker a class", 300, 3, 64, "class", "speaker"),
        ("numbers", 400, 3, 128, "number", None),
    ]
    for number, (name, rows, layers, width, kind, extra) in enumerate(cases):
        random = np.random.default_rng(number)
        groups = np.sort(random.integers(15, size=rows))
        targets = random.choice(3, rows, p=extra if isinstance(extra, list) else None).astype(float)
        if extra == "speaker":
            groups = groups // 5
            targets = groups * 1.0
        causes = random.standard_normal((rows, 24))
        causes[:, :3] += np.eye(3)[targets.astype(int)] * 1.5
        causes[:, 4:12] += 1.5 * random.standard_normal((15, 8))[groups]
        if kind == "number":
            targets = causes[:, 0] + 0.5 * random.standard_normal(rows)
        features = np.empty((rows, layers, 2, width), np.float32)
        for layer in range(layers):
            mixed = causes @ random.standard_normal((24, 2 * width)) * 0.4
            noise = random.standard_normal((rows, 2 * width)) * (1 + layer)
            features[:, layer] = (mixed + noise).reshape(rows, 2, width)
        # Of one speaker a class, rows are tested: no speaker could be held out.
        problem = Problem(
            kind,
            targets,
            3 if kind == "class" else 0,
            groups=None if extra == "speaker" else groups,
        )
        yield Case(name, [PooledStream("made", features)], problem, _splits(problem))


def _series() -> Iterator[Case]:
    """Recordings of 60 steps at 2 Hz, whose values wander slowly."""
    random = np.random.default_rng(0)
    recordings, steps, layers, width = 24, 60, 3, 64
    owner = np.repeat(np.arange(recordings), steps)
    wander = random.standard_normal((recordings, steps)).cumsum(1) / np.sqrt(steps)
    targets = (wander + 0.3 * random.standard_normal((recordings, 1))).ravel()
    causes = random.standard_normal((len(owner), 24))
    causes[:, 0] += targets
    causes[:, 4:12] += 1.5 * random.standard_normal((recordings, 8))[owner]
    features = np.empty((len(owner), layers, 2, width), np.float32)
    for layer in range(layers):
        mixed = causes @ random.standard_normal((24, 2 * width)) * 0.4
        noise = random.standard_normal((len(owner), 2 * width)) * (1 + layer)
        features[:, layer] = (mixed + noise).reshape(-1, 2, width)
    problem = Problem("number", targets, 0, recordings=owner, groups=owner)
    yield Case("series", [PooledStream("made", features, 2.0)], problem, _splits(problem))


def _splits(problem: Problem) -> list[Split]:
    """Test folds of complete groups; the fold after the tested one develops."""
    fold = _inner(problem, np.arange(len(problem.targets)))
    parts = [np.flatnonzero(fold == number) for number in np.unique(fold)]
    splits = []
    for number, test in enumerate(parts):
        after = (number + 1) % len(parts)
        train = [part for place, part in enumerate(parts) if place not in (number, after)]
        splits.append(Split(number, 0, np.sort(np.concatenate(train)), parts[after], test))
    return splits


# Tables


def markdown(measured: Sequence[Measured]) -> str:
    """The tables of docs/heads/panel.md."""
    cases = list(dict.fromkeys(each.case for each in measured))
    by_place = {(each.case, each.learner): each for each in measured}
    pooled = [case for case in cases if (case, "knn") in by_place]
    parts = []
    for kind, first in (("class", "UAR / log-loss / seconds"), ("number", "CCC / error / seconds")):
        rows = [case for case in pooled if ((case, "lda") in by_place) == (kind == "class")]
        learners = [*POOLED, *REFERENCES[kind]]
        if kind == "number":
            learners.remove("lda")
        lines = [[first, *learners]]
        for case in rows:
            scores = [by_place.get((case, learner)) for learner in learners]
            best = max(each.score for each in scores if each is not None)
            lines.append([case, *(_cell(each, best) for each in scores)])
        parts.append(_table(lines))
    lines = [["what is ahead of the default head", "default", "ahead, by how much"]]
    for case in pooled:
        default = by_place[case, DEFAULT]
        ahead = sorted(
            (
                each
                for each in measured
                if each.case == case and each.score > default.score + 0.0005
            ),
            key=lambda each: -each.score,
        )
        words = ", ".join(f"{each.learner} +{each.score - default.score:.3f}" for each in ahead)
        lines.append([case, f"{default.score:.3f}", words or "nothing"])
    parts.append(_table(lines))
    networks = [each for each in measured if each.learner not in POOLED and each.learner in names()]
    if networks:
        default = by_place[f"{NETWORKS_ON}, {MODELS[0]}", DEFAULT]
        lines = [["network", "features", "UAR", "beside the default head's", "log-loss", "seconds"]]
        for each in sorted(networks, key=lambda each: -each.score):
            lines.append(
                [each.learner, each.case.split(", ")[1], f"{each.score:.3f}",
                 f"{each.score - default.score:+.3f}", f"{each.loss:.2f}", f"{each.seconds:.0f}"]
            )  # fmt: skip
        parts.append(_table(lines))
    return "\n".join(parts)


def _cell(measured: Measured | None, best: float) -> str:
    if measured is None:
        return ""
    score, rest = str(measured).split(" ", 1)
    return f"**{score}** {rest}" if measured.score >= best - 0.0005 else str(measured)


def _table(lines: Sequence[Sequence[str]]) -> str:
    rule = "|" + "---|" * len(lines[0])
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], rule, *rows[1:], ""])


if __name__ == "__main__":
    chosen = sys.argv[1:]
    measured = panel(chosen)
    print(columns(("what", "measured"), rows(measured)) if chosen else markdown(measured))
