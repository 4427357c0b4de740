"""Default head, mlp and logistic regression over several deals of the folds of acted voices.

One deal of eleven speakers is not much: this says which differences of the panel hold in others.
"""

from __future__ import annotations

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.open_tasks import inputs
from benchmarks.panel import DEFAULT, FOLDS, MODELS, REFERENCES, Case, of_head, of_reference
from paralbench.heads.head import Problem, Split
from paralbench.records.errors import ParalbenchError

TASK, DEALS = "game-voices-affect", 8
HEADS = (DEFAULT, "mlp")


def run() -> list[tuple[str, str]]:
    """Mean UAR and log-loss of each learner, and its UAR less the default head's in each deal."""
    try:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [row for model in MODELS for row in _of_model(model)]
    except ParalbenchError as error:
        return [(TASK, f"not measured: {error}")]


def _of_model(model: str) -> list[tuple[str, str]]:
    read = inputs(TASK, model, DEFAULT)
    scores: dict[str, list[tuple[float, float]]] = {}
    for seed in range(DEALS):
        case = Case(model, read.streams, read.problem, deal(read.problem, seed))
        measured = [of_head(name, case) for name in HEADS]
        measured += [
            of_reference(name, case) for name in REFERENCES["class"] if name.startswith("LR")
        ]
        for each in measured:
            if each is not None:
                scores.setdefault(each.learner, []).append((each.score, each.loss))
    default = np.array(scores[DEFAULT])
    rows = []
    for learner, pairs in scores.items():
        uar, loss = np.mean(pairs, 0)
        words = f"UAR {uar:.3f}, log-loss {loss:.3f}"
        if learner != DEFAULT:
            differences = np.array(pairs)[:, 0] - default[:, 0]
            error = differences.std(ddof=1) / np.sqrt(DEALS)
            words += f"; {differences.mean():+.3f} beside the default head, s.e. {error:.3f}"
        rows.append((f"{model}: {learner}, {DEALS} deals", words))
    return rows


def deal(problem: Problem, seed: int) -> list[Split]:
    """Folds of complete groups with classes about even, larger groups first, in an order by chance.

    The fold after the tested one develops.
    """
    random = np.random.default_rng(seed)
    assert problem.groups is not None
    groups, owner = np.unique(problem.groups, return_inverse=True)
    sizes = np.zeros((len(groups), problem.classes))
    np.add.at(sizes, (owner, problem.targets.astype(int)), 1)
    shares = sizes / sizes.sum(0)
    order = np.argsort(-sizes.sum(1) * random.uniform(0.6, 1.6, len(groups)), kind="stable")
    held, part = np.zeros((FOLDS, problem.classes)), np.zeros(len(groups), int)
    for group in order:
        part[group] = np.argmin((2 * held + shares[group]) @ shares[group])
        held[part[group]] += shares[group]
    fold = part[owner]
    splits = []
    for number in range(FOLDS):
        after = (number + 1) % FOLDS
        train = np.flatnonzero((fold != number) & (fold != after))
        splits.append(
            Split(
                number, seed, train, np.flatnonzero(fold == after), np.flatnonzero(fold == number)
            )
        )
    return splits
