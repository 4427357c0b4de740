"""Calibration of a head's probability of the positive class.

Four methods besides none: temperature (Guo et al., 2017), Platt's logistic line (1999), beta (Kull et
al., 2017) and isotonic (Zadrozny & Elkan, 2002). Examples of one speaker are correlated, so every
speaker has the same total weight, and a method is evaluated on speakers that it was not fitted on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Numbers = Mapping[str, Sequence[float]]
_LEAST = 1e-6
"""Minimum distance of probabilities from 0 and 1 before their logarithm is taken."""
_FOLDS = 5
LEAST = {"temperature": 5, "platt": 10, "beta": 25, "isotonic": 100}
"""Speakers of the rarer class that each method needs."""


@dataclass(frozen=True)
class Calibrator:
    """A method with its parameters; :func:`calibrated` applies it."""

    method: str
    parameters: Numbers

    def __call__(self, probabilities: Array) -> Array:
        """Calibrated probabilities [n] of probabilities [n]."""
        return calibrated(self.method, self.parameters, probabilities)


def logit(probabilities: Array) -> Array:
    """Finite log odds.

    >>> logit(np.array([0.0, 0.5])).round(2).tolist()
    [-13.82, 0.0]
    """
    odds: Array = special.logit(np.clip(probabilities, _LEAST, 1 - _LEAST))
    return odds


def weights(clusters: NDArray[np.int64]) -> Array:
    """Weights of examples that give every cluster a total of 1, [n]."""
    _, place, counts = np.unique(clusters, return_inverse=True, return_counts=True)
    shares: Array = 1 / counts[place]
    return shares


def calibrated(method: str, parameters: Numbers, probabilities: Array) -> Array:
    """Apply a method with its parameters.

    Raises:
        ValueError: for an unknown method.
        KeyError: if a parameter is missing.
    """
    if method == "none":
        return np.asarray(probabilities, float)
    if method == "isotonic":
        steps: Array = np.interp(logit(probabilities), parameters["at"], parameters["share"])
        return steps
    if method not in _COLUMNS:
        raise ValueError(f"there is no calibration '{method}'; there are: {', '.join(METHODS)}")
    columns = _COLUMNS[method](np.asarray(probabilities, float))
    shares: Array = special.expit(columns @ np.array(parameters["weights"], float))
    return shares


def fitted(method: str, probabilities: Array, truth: Array, counting: Array) -> Calibrator:
    """Fit a method: ``truth`` [n] is 1 for positive, ``counting`` [n] weights the examples.

    Targets are Platt's, slightly off 0 and 1, so that separable examples give finite parameters.
    """
    if method == "none":
        return Calibrator("none", {})
    ones, zeros = float(counting[truth > 0].sum()), float(counting[truth <= 0].sum())
    if method == "isotonic":
        at, share = pooled(logit(probabilities), truth, counting)
        # Never surer than the speakers of that class allow (Laplace's rule).
        share = np.clip(share, 1 / (zeros + 2), 1 - 1 / (ones + 2))
        return Calibrator("isotonic", {"at": at.tolist(), "share": share.tolist()})
    target = np.where(truth > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    line = logistic(
        _COLUMNS[method](probabilities), target, counting, _START[method], _BOUNDS[method]
    )
    return Calibrator(method, {"weights": line.tolist()})


def logistic(
    columns: Array,
    target: Array,
    counting: Array,
    start: Sequence[float],
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> Array:
    """Weights [columns] of a logistic regression on targets from 0 to 1, without intercept."""

    def loss(weights: Array) -> tuple[float, Array]:
        line = columns @ weights
        each = np.logaddexp(0, line) - target * line
        slope: Array = columns.T @ (counting * (special.expit(line) - target))
        return float(counting @ each), slope

    from scipy import optimize  # slow to import, and screening fits nothing

    scale = counting.sum()
    solution = optimize.minimize(
        lambda weights: tuple(part / scale for part in loss(weights)),
        np.array(start, float), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"gtol": 1e-9, "ftol": 1e-14},
    )  # fmt: skip
    best: Array = solution.x
    return best


def pooled(values: Array, truth: Array, counting: Array) -> tuple[Array, Array]:
    """Isotonic regression: knots and their shares, both rising."""
    from scipy import optimize  # slow to import, and screening fits nothing

    order = np.argsort(values, kind="stable")
    at, first = np.unique(values[order], return_index=True)
    counts = np.add.reduceat(counting[order], first)
    means = np.add.reduceat((truth * counting)[order], first) / counts
    shares = optimize.isotonic_regression(means, weights=counts).x
    edges = np.ones(len(at), bool)  # the two ends of a plateau define it
    edges[1:-1] = (shares[1:-1] != shares[:-2]) | (shares[1:-1] != shares[2:])
    return at[edges], shares[edges]


def folds(clusters: NDArray[np.int64], truth: Array, count: int = _FOLDS) -> NDArray[np.int64]:
    """Assign clusters to folds, stratified by their share of positives, [n]."""
    names, place = np.unique(clusters, return_inverse=True)
    positive = np.bincount(place, truth) / np.bincount(place)
    order = np.random.default_rng(0).permutation(len(names))
    order = order[np.argsort(positive[order], kind="stable")]
    dealt = np.empty(len(names), np.int64)
    dealt[order] = np.arange(len(names)) % min(count, len(names))
    return dealt[place]


def chosen(probabilities: Array, truth: Array, clusters: NDArray[np.int64]) -> Calibrator:
    """The simplest method without a clearly better alternative, fitted on all examples.

    Methods are compared by log loss on speakers that they were not fitted on. A method with more
    parameters must be better by one standard error of the difference over speakers, and needs enough
    speakers (:data:`LEAST`).
    """
    counting = weights(clusters)
    fewest = min(len(np.unique(clusters[truth > 0])), len(np.unique(clusters[truth <= 0])))
    best, losses = "none", _losses(probabilities, truth)
    for method in METHODS[1:]:
        if fewest < LEAST[method]:
            continue

        def fit(p: Array, t: Array, c: NDArray[np.int64], method: str = method) -> Calibrator:
            return fitted(method, p, t, weights(c))

        held = _losses(held_out(probabilities, truth, clusters, fit), truth)
        gain = np.bincount(np.unique(clusters, return_inverse=True)[1], (losses - held) * counting)
        if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            best, losses = method, held
    return fitted(best, probabilities, truth, counting)


def held_out(
    probabilities: Array,
    truth: Array,
    clusters: NDArray[np.int64],
    fit: Callable[[Array, Array, NDArray[np.int64]], Calibrator] = chosen,
) -> Array:
    """Cross-fitted probabilities: method and parameters come from other speakers, [n]."""
    dealt = folds(clusters, truth)
    held = np.empty(len(truth))
    for fold in range(int(dealt.max()) + 1):
        rest, out = dealt != fold, dealt == fold
        held[out] = fit(probabilities[rest], truth[rest], clusters[rest])(probabilities[out])
    return held


def log_loss(probabilities: Array, truth: Array, counting: Array) -> float:
    """Mean negative log likelihood, in nats."""
    return float(np.average(_losses(probabilities, truth), weights=counting))


def _losses(probabilities: Array, truth: Array) -> Array:
    line = logit(probabilities)
    each: Array = np.logaddexp(0, line) - truth * line
    return each


def line(probabilities: Array, truth: Array, counting: Array) -> tuple[float, float]:
    """Slope and intercept of the logistic calibration line (Cox, 1958); 1 and 0 are perfect.

    Perfectly separated classes have no finite slope; the line then uses Platt's targets.
    """
    ones, zeros = float(counting[truth > 0].sum()), float(counting[truth <= 0].sum())
    columns = _COLUMNS["platt"](probabilities)
    positive, negative = columns[truth > 0, 0], columns[truth <= 0, 0]
    separated = positive.min(initial=np.inf) > negative.max(initial=-np.inf)
    target = np.where(truth > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2)) if separated else truth
    slope, intercept = logistic(columns, target, counting, (1.0, 0.0))
    return float(slope), float(intercept)


def _platt(probabilities: Array) -> Array:
    return np.stack([logit(probabilities), np.ones(len(probabilities))], 1)


def _beta(probabilities: Array) -> Array:
    inner = np.clip(probabilities, _LEAST, 1 - _LEAST)
    return np.stack([np.log(inner), -np.log1p(-inner), np.ones(len(inner))], 1)


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
# No method may reverse the order of probabilities.
_BOUNDS: Mapping[str, list[tuple[float | None, float | None]]] = {
    "temperature": [(1e-3, None)],
    "platt": [(1e-3, None), (None, None)],
    "beta": [(1e-3, None), (1e-3, None), (None, None)],
}
METHODS = ("none", "temperature", "platt", "beta", "isotonic")
"""From the simplest to the most flexible."""
