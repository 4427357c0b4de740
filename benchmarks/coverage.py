"""How often 95 % intervals hold the truth: simulated speakers, unequal and unlike each other.

Each study draws fresh speakers with effects of their own and 20 to 120 utterances each ("skewed":
log-normal sizes, the largest some ten times the median). The truth is the score over very many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics import metric
from paralbench.metrics.metric import Answers, Array
from paralbench.statistics.bootstrap import Draws, interval

REPETITIONS, DRAWS, POPULATION = 1000, 1000, 8000
Study = tuple[list[Answers], NDArray[np.int64]]


@dataclass(frozen=True)
class Case:
    """A metric, and studies of so many speakers for it; ``seeds`` answers for the same speakers.

    A study takes a generator, speakers and seeds.
    """

    metric: str
    study: Callable[[np.random.Generator, int, int], Study]
    seeds: int = 1
    speakers: tuple[int, ...] = (5, 10, 40)


@dataclass(frozen=True)
class Covered:
    """Shares of intervals that hold the truth: of whole speakers, and of utterances alone."""

    clustered: float
    alone: float
    width: float


def run() -> list[tuple[str, str]]:
    """Coverage for every case and number of speakers."""
    rows = []
    for name, case in CASES.items():
        for clusters in case.speakers:
            found = covered(case, clusters, REPETITIONS, DRAWS)
            rows.append(
                (
                    f"{name}, {clusters} speakers",
                    f"{found.clustered:.1%} (mean width {found.width:.2f}); utterances drawn one "
                    f"by one: {found.alone:.1%}",
                )
            )
    return rows


def covered(case: Case, clusters: int, repetitions: int, draws: int) -> Covered:
    """Simulate studies of so many speakers; every tenth also with utterances drawn alone."""
    chosen = metric(case.metric)
    truth = _truth(case)
    hits, alone, width = [], [], 0.0
    drawn = Draws.of(clusters, draws)
    for repetition in range(repetitions):
        rng = np.random.default_rng([1, repetition])
        seeds, of = case.study(rng, clusters, case.seeds)
        sizes = np.bincount(of, minlength=clusters).astype(float)
        tallies = [chosen.tally(answers, of, clusters) for answers in seeds]
        found = interval(chosen, tallies, sizes, drawn)
        hits.append(found.low <= truth <= found.high)
        width += (found.high - found.low) / repetitions
        if repetition % 10 == 0:
            rows = len(of)
            each = [chosen.tally(answers, np.arange(rows), rows) for answers in seeds]
            # Told as pairs, so that no closed form steps in for one example a cluster.
            naive = interval(chosen, each, np.full(rows, 2.0), Draws.of(rows, 200))
            alone.append(naive.low <= truth <= naive.high)
    return Covered(float(np.mean(hits)), float(np.mean(alone)), width)


def _truth(case: Case) -> float:
    """The mean score over very many speakers, and over as many seeds as it takes."""
    many = 1 if case.seeds == 1 else 100
    rng = np.random.default_rng(0)
    seeds, _ = case.study(rng, POPULATION // many, many)
    chosen = metric(case.metric)
    return float(
        np.mean([chosen(one.truth, one.predicted, one.classes, one.outputs) for one in seeds])
    )


def _owners(rng: np.random.Generator, speakers: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(speakers), rng.integers(20, 120, speakers))


def _skewed(rng: np.random.Generator, speakers: int) -> NDArray[np.int64]:
    sizes = np.clip(rng.lognormal(3.5, 0.9, speakers), 5, 600).astype(int)
    return np.repeat(np.arange(speakers), sizes)


def _recall(
    ease: float, owners: Callable[[np.random.Generator, int], NDArray[np.int64]] = _owners
) -> Callable[[np.random.Generator, int, int], Study]:
    """Two classes; every speaker has a recall of its own in each, and every seed its luck."""

    def study(rng: np.random.Generator, speakers: int, seeds: int) -> Study:
        of = owners(rng, speakers)
        truth = rng.integers(0, 2, len(of))
        each = ease + rng.normal(0, 1.2, (speakers, 2))
        found = []
        for _ in range(seeds):
            luck = rng.normal(0, 0.2) if seeds > 1 else 0.0
            right = rng.random(len(of)) < 1 / (1 + np.exp(-each[of, truth] - luck))
            predicted = np.where(right, truth, 1 - truth)
            found.append(Answers(truth.astype(float), predicted.astype(float), 2))
        return found, of

    return study


def _single(rng: np.random.Generator, speakers: int) -> NDArray[np.int64]:
    return np.arange(speakers)


def _numbers(rng: np.random.Generator, speakers: int, seeds: int) -> Study:
    """Every speaker has a level, a bias and a gain of its own."""
    of = _owners(rng, speakers)
    level, bias = rng.normal(0, 0.6, speakers), rng.normal(0, 0.4, speakers)
    gain = rng.normal(0.7, 0.25, speakers)
    truth = level[of] + rng.normal(0, 1, len(of))
    return [Answers(truth, gain[of] * truth + bias[of] + rng.normal(0, 0.5, len(of)))], of


def _outputs(rng: np.random.Generator, speakers: int, seeds: int) -> Study:
    """Probabilities; every speaker has a shift and a separation of its own."""
    of = _owners(rng, speakers)
    truth = rng.integers(0, 2, len(of))
    shift, apart = rng.normal(0, 0.7, speakers), rng.normal(1.2, 0.6, speakers)
    logits = shift[of] + apart[of] * (truth - 0.5) + rng.normal(0, 1, len(of))
    return [_probable(truth, logits)], of


def _patients(rng: np.random.Generator, speakers: int, seeds: int) -> Study:
    """A diagnosis a speaker, one to seven recordings each."""
    of = np.repeat(np.arange(speakers), rng.integers(1, 8, speakers))
    truth = (rng.permutation(speakers) % 2)[of]
    shift = rng.normal(0, 0.8, speakers)[of]
    return [_probable(truth, shift + 1.2 * (truth - 0.5) + rng.normal(0, 1, len(of)))], of


def _probable(truth: NDArray[np.int64], logits: Array) -> Answers:
    positive = 1 / (1 + np.exp(-logits))
    outputs = np.stack([1 - positive, positive], 1)
    return Answers(truth.astype(float), (positive > 0.5).astype(float), 2, outputs)


CASES = {
    "uar": Case("uar", _recall(1.0)),
    "uar, skewed": Case("uar", _recall(1.0, _skewed)),
    "uar, near its bound": Case("uar", _recall(2.5)),
    "uar, three seeds": Case("uar", _recall(1.0), seeds=3),
    "wa": Case("wa", _recall(1.0)),
    "wa, an example a speaker": Case("wa", _recall(2.0, _single), speakers=(20, 46)),
    "ccc": Case("ccc", _numbers),
    "rmse": Case("rmse", _numbers),
    "auroc": Case("auroc", _outputs),
    "auroc, a diagnosis a speaker": Case("auroc", _patients),
    "brier": Case("brier", _outputs),
}
