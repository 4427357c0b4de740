"""Weightings of clusters: how often each is counted in each of many draws.

Made once for a set of test examples and used for all its metrics, entries and subgroups, so that
their draws are the same and differences between them are paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.metrics.metric import Array, Tally

DRAWS = 2000
_CELLS = 4_000_000
"""So many weights at once as floating-point numbers; more only takes memory."""


@dataclass(frozen=True)
class Draws:
    """Weights [draws, clusters]."""

    weights: NDArray[np.uint16]

    @classmethod
    def of(cls, clusters: int, draws: int = DRAWS, seed: int = 0) -> Draws:
        """The bootstrap's: as many clusters as there are, drawn with replacement."""
        rng = np.random.default_rng(seed)
        weights = np.empty((draws, clusters), np.uint16)
        step = max(1, _CELLS // clusters)
        for at in range(0, draws, step):
            rows = min(step, draws - at)
            drawn = rng.integers(0, clusters, (rows, clusters))
            drawn += clusters * np.arange(rows)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=rows * clusters)
            weights[at : at + rows] = counts.reshape(rows, clusters)
        return cls(weights)

    @property
    def clusters(self) -> int:
        """How many there are to draw from."""
        return int(self.weights.shape[1])

    def scores(self, tally: Tally) -> Array:
        """The score of each draw, [draws]; NaN where it is not defined."""
        step = max(1, _CELLS // self.clusters)
        parts = range(0, len(self.weights), step)
        each = [tally.scores(self.weights[at : at + step].astype(float)) for at in parts]
        return np.concatenate(each)

    def mean(self, tallies: Sequence[Tally]) -> Array:
        """The mean over seeds of the scores, a tally a seed, [draws]."""
        mean: Array = np.mean([self.scores(tally) for tally in tallies], axis=0)
        return mean
