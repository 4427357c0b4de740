"""Novelty: how far a recording's embedding is from those of the validated recordings.

The embedding is the mean and deviation over all frames, standardised per layer and averaged over
layers: [2 * width]. Its Mahalanobis distance uses the covariance of a few directions and one variance
for all others (probabilistic principal components: Tipping & Bishop, 1999), since there are fewer
speakers than dimensions. A bundle holds such sums over speakers, and no single recording's embedding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.statistics.calibration import folds, weights

METHOD = "mahalanobis-ppca"
SHARE = 0.99
"""Of the validation speakers are within the limit."""
_MOST_DIRECTIONS, _SPEAKERS_PER_DIRECTION = 16, 5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Novelty:
    """The parameters of the distance.

    ``mean`` and ``scale`` [layers, 2, width] standardise; ``centre`` [2 * width]; ``directions``
    [r, 2 * width] with the inverse of their deviations ``inverse`` [r]; ``rest`` [1] is the inverse
    of the deviation in every other direction.
    """

    mean: Array
    scale: Array
    centre: Array
    directions: Array
    inverse: Array
    rest: Array

    @classmethod
    def fitted(cls, records: NDArray[np.floating], clusters: NDArray[np.int64]) -> Novelty:
        """Fit to pooled records [n, layers, 2, width] of speakers; each speaker counts once."""
        values = records.astype(np.float64)
        share = weights(clusters)
        mean = np.average(values, 0, share)
        deviation = np.sqrt(np.average((values - mean) ** 2, 0, share))
        varies = deviation > 1e-5 * (1 + np.abs(mean))
        scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
        flat = ((values - mean) * scale).mean(1).reshape(len(values), -1)
        centre = np.average(flat, 0, share)
        rows = (flat - centre) * np.sqrt(share / share.sum())[:, None]
        _, singular, directions = np.linalg.svd(rows, full_matrices=False)
        variance = singular**2
        speakers, width = len(np.unique(clusters)), flat.shape[1]
        by_speakers = max(1, speakers // _SPEAKERS_PER_DIRECTION)
        count = int(min(_MOST_DIRECTIONS, by_speakers, (variance > 1e-9).sum(), width))
        rest = max(variance[count:].sum() / (width - count) if count < width else 0.0, 1e-9)
        # Few speakers underestimate a direction's variance; it is never below the others'.
        inverse = 1 / np.sqrt(np.maximum(variance[:count], rest))
        return cls(mean, scale, centre, directions[:count], inverse, np.array([1 / np.sqrt(rest)]))

    def distance(self, record: NDArray[np.floating]) -> float:
        """Of one pooled record [layers, 2, width]; about 1 for those it was fitted to."""
        moved = ((record - self.mean) * self.scale).mean(0).reshape(-1) - self.centre
        along = self.directions @ moved
        outside = max(0.0, float(moved @ moved - along @ along)) * self.rest[0] ** 2
        return float(np.sqrt((((along * self.inverse) ** 2).sum() + outside) / len(moved)))

    def tensors(self) -> dict[str, Array]:
        """The parameters in full precision, as a bundle holds them."""
        return {name: np.ascontiguousarray(values) for name, values in asdict(self).items()}

    @classmethod
    def restored(cls, tensors: Mapping[str, Array]) -> Novelty:
        """From :meth:`tensors`; raises TypeError where one is missing or unknown."""
        return cls(**tensors)


def distances(records: NDArray[np.floating], clusters: NDArray[np.int64]) -> Array:
    """The distance of every recording from those of other speakers, [n]."""
    fold_of = folds(clusters, np.zeros(len(clusters)))
    result = np.empty(len(records))
    for fold in np.unique(fold_of):
        inside = fold_of == fold
        novelty = Novelty.fitted(records[~inside], clusters[~inside])
        result[inside] = [novelty.distance(record) for record in records[inside]]
    return result


def limit(distances: Array, clusters: NDArray[np.int64]) -> float:
    """The distance within which :data:`SHARE` of the speakers' recordings are.

    The largest distance where there are too few speakers for such a share.
    """
    order = np.argsort(distances)
    share = weights(clusters)[order].cumsum() / (len(np.unique(clusters)) + 1)
    place = min(int(np.searchsorted(share, SHARE - 1e-12)), len(distances) - 1)
    return float(distances[order][place])
