"""Calibration: from a head's probability of the positive class to one that can be taken at its word.

Four methods besides leaving it as it is, each of few numbers: temperature (Guo et al., 2017), Platt's
logistic line (1999), beta (Kull et al., 2017), isotonic (Zadrozny & Elkan, 2002; pool adjacent
violators). Examples of one speaker resemble each other, so every speaker counts once, however many
examples he has, and a method is judged on whole speakers that it was not fitted on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Array = NDArray[np.float64]
Numbers = Mapping[str, Sequence[float]]
_LEAST = 1e-6
"""Probabilities are kept so far from 0 and 1 before their logarithm is taken."""
_FOLDS = 5
LEAST = {"temperature": 5, "platt": 10, "beta": 25, "isotonic": 100}
"""Speakers of the rarer kind that each method needs."""


@dataclass(frozen=True)
class Calibrator:
    """A method with its numbers; :func:`calibrated` applies it."""

    method: str
    parameters: Numbers

    def __call__(self, probabilities: Array) -> Array:
        """Calibrated probabilities [n] of probabilities [n]."""
        return calibrated(self.method, self.parameters, probabilities)


def logit(probabilities: Array) -> Array:
    """Log odds, finite."""
    found: Array = special.logit(np.clip(probabilities, _LEAST, 1 - _LEAST))
    return found


def weights(clusters: NDArray[np.int64]) -> Array:
    """What each example counts, so that every cluster counts one, [n]."""
    _, place, counts = np.unique(clusters, return_inverse=True, return_counts=True)
    shares: Array = 1 / counts[place]
    return shares


def calibrated(method: str, parameters: Numbers, probabilities: Array) -> Array:
    """Apply a method with its numbers.

    Raises:
        ValueError: for a method that does not exist.
        KeyError: where a number of it is missing.
    """
    if method == "none":
        return np.asarray(probabilities, float)
    if method == "isotonic":
        steps: Array = np.interp(logit(probabilities), parameters["at"], parameters["share"])
        return steps
    if method not in _COLUMNS:
        raise ValueError(f"there is no calibration '{method}'; there are: {', '.join(METHODS)}")
    columns = _COLUMNS[method](np.asarray(probabilities, float))
    found: Array = special.expit(columns @ np.array(parameters["weights"], float))
    return found


def fitted(method: str, probabilities: Array, truth: Array, counting: Array) -> Calibrator:
    """Fit a method: ``truth`` [n] is 1 for positive, ``counting`` [n] what each example counts.

    Targets are Platt's, a little off 0 and 1, so that separable examples give finite numbers.
    """
    if method == "none":
        return Calibrator("none", {})
    ones, zeros = float(counting[truth > 0].sum()), float(counting[truth <= 0].sum())
    if method == "isotonic":
        at, share = pooled(logit(probabilities), truth, counting)
        # Never surer than the speakers on that side allow (Laplace's rule).
        return Calibrator(
            "isotonic",
            {
                "at": at.tolist(),
                "share": np.clip(share, 1 / (zeros + 2), 1 - 1 / (ones + 2)).tolist(),
            },
        )
    target = np.where(truth > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    found = logistic(
        _COLUMNS[method](probabilities), target, counting, _START[method], _BOUNDS[method]
    )
    return Calibrator(method, {"weights": found.tolist()})


def logistic(
    columns: Array,
    target: Array,
    counting: Array,
    start: Sequence[float],
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> Array:
    """Weights [columns] of a logistic regression with targets between 0 and 1, no constant added."""

    def loss(weights: Array) -> tuple[float, Array]:
        line = columns @ weights
        each = np.logaddexp(0, line) - target * line
        slope: Array = columns.T @ (counting * (special.expit(line) - target))
        return float(counting @ each), slope

    scale = counting.sum()
    found = optimize.minimize(
        lambda weights: tuple(part / scale for part in loss(weights)),
        np.array(start, float), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"gtol": 1e-9, "ftol": 1e-14},
    )  # fmt: skip
    best: Array = found.x
    return best


def pooled(values: Array, truth: Array, counting: Array) -> tuple[Array, Array]:
    """Isotonic regression by pooling adjacent violators: knots and their shares, both rising."""
    order = np.argsort(values, kind="stable")
    at, first = np.unique(values[order], return_index=True)
    sums = np.add.reduceat((truth * counting)[order], first)
    counts = np.add.reduceat(counting[order], first)
    blocks: list[list[float]] = []  # sum, count, how many knots
    for total, count in zip(sums, counts, strict=True):
        blocks.append([float(total), float(count), 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    shares = np.array([block[0] / block[1] for block in blocks])
    whole = np.repeat(shares, [int(block[2]) for block in blocks])
    kept = np.ones(len(at), bool)  # of a level stretch, its two ends say all
    kept[1:-1] = (whole[1:-1] != whole[:-2]) | (whole[1:-1] != whole[2:])
    return at[kept], whole[kept]


def folds(clusters: NDArray[np.int64], truth: Array, count: int = _FOLDS) -> NDArray[np.int64]:
    """Deal whole clusters to folds, those with positives and those without in turn, [n]."""
    names, place = np.unique(clusters, return_inverse=True)
    positive = np.bincount(place, truth) / np.bincount(place)
    order = np.random.default_rng(0).permutation(len(names))
    order = order[np.argsort(positive[order], kind="stable")]
    dealt = np.empty(len(names), np.int64)
    dealt[order] = np.arange(len(names)) % min(count, len(names))
    return dealt[place]


def chosen(probabilities: Array, truth: Array, clusters: NDArray[np.int64]) -> Calibrator:
    """The simplest method that none is clearly better than, fitted on all.

    Judged by log loss on speakers that it was not fitted on. A method with more numbers must be better
    by more than one standard error, over speakers, of the difference; and it is not tried with too few
    speakers for its numbers (:data:`LEAST`).
    """
    counting = weights(clusters)
    fewest = min(len(np.unique(clusters[truth > 0])), len(np.unique(clusters[truth <= 0])))
    best, losses = "none", _losses(probabilities, truth)
    for method in METHODS[1:]:
        if fewest < LEAST[method]:
            continue
        found = _losses(held_out(probabilities, truth, clusters, partial(_weighted, method)), truth)
        gain = np.bincount(np.unique(clusters, return_inverse=True)[1], (losses - found) * counting)
        if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            best, losses = method, found
    return fitted(best, probabilities, truth, counting)


def _weighted(
    method: str, probabilities: Array, truth: Array, clusters: NDArray[np.int64]
) -> Calibrator:
    return fitted(method, probabilities, truth, weights(clusters))


def held_out(
    probabilities: Array,
    truth: Array,
    clusters: NDArray[np.int64],
    fit: Callable[[Array, Array, NDArray[np.int64]], Calibrator] = chosen,
) -> Array:
    """Each example calibrated by what was fitted on the other speakers; the choice of method too."""
    dealt = folds(clusters, truth)
    found = np.empty(len(truth))
    for fold in range(int(dealt.max()) + 1):
        rest, out = dealt != fold, dealt == fold
        found[out] = fit(probabilities[rest], truth[rest], clusters[rest])(probabilities[out])
    return found


def log_loss(probabilities: Array, truth: Array, counting: Array) -> float:
    """Mean negative log likelihood, in nats."""
    return float(np.average(_losses(probabilities, truth), weights=counting))


def _losses(probabilities: Array, truth: Array) -> Array:
    line = logit(probabilities)
    each: Array = np.logaddexp(0, line) - truth * line
    return each


def line(probabilities: Array, truth: Array, counting: Array) -> tuple[float, float]:
    """Slope and intercept of the logistic calibration line (Cox, 1958); 1 and 0 are perfect.

    Not finite where the probabilities tell the classes apart without fault: then the slope is only
    known to be large, and what is returned is what Platt's targets make of it.
    """
    ones, zeros = float(counting[truth > 0].sum()), float(counting[truth <= 0].sum())
    columns = _COLUMNS["platt"](probabilities)
    apart = columns[truth > 0, 0].min(initial=np.inf) > columns[truth <= 0, 0].max(initial=-np.inf)
    target = np.where(truth > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2)) if apart else truth
    slope, intercept = logistic(columns, target, counting, (1.0, 0.0))
    return float(slope), float(intercept)


def _platt(probabilities: Array) -> Array:
    return np.stack([logit(probabilities), np.ones(len(probabilities))], 1)


def _beta(probabilities: Array) -> Array:
    kept = np.clip(probabilities, _LEAST, 1 - _LEAST)
    return np.stack([np.log(kept), -np.log1p(-kept), np.ones(len(kept))], 1)


_COLUMNS: Mapping[str, Callable[[Array], Array]] = {
    "temperature": lambda probabilities: logit(probabilities)[:, None],
    "platt": _platt,
    "beta": _beta,
}
_START: Mapping[str, tuple[float, ...]] = {
    "temperature": (1.0,),
    "platt": (1.0, 0.0),
    "beta": (1.0, 1.0, 0.0),
}
# None may turn the order of probabilities round.
_BOUNDS: Mapping[str, list[tuple[float | None, float | None]]] = {
    "temperature": [(1e-3, None)],
    "platt": [(1e-3, None), (None, None)],
    "beta": [(1e-3, None), (1e-3, None), (None, None)],
}
METHODS = ("none", "temperature", "platt", "beta", "isotonic")
"""From the simplest on."""
