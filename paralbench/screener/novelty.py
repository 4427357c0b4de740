"""How far a recording's embedding lies from those of the validated recordings.

The embedding is the mean and deviation over all frames, standardised layer by layer and averaged
over layers: [2 * width]. Its distance is Mahalanobis's, with the covariance of a few directions and
one variance for all others (probabilistic principal components: Tipping & Bishop, 1999), since there
are fewer speakers than numbers. Only such sums over speakers are kept in a bundle, no recording's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.statistics.calibration import folds, weights

METHOD = "mahalanobis-ppca"
SHARE = 0.99
"""Of validation speakers lie within the limit."""
_MOST, _SPEAKERS_EACH = 16, 5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Novelty:
    """What the distance is measured with.

    ``mean`` and ``scale`` [layers, 2, width] standardise; ``centre`` [2 * width]; ``directions``
    [r, 2 * width] with one over their deviations ``inverse`` [r]; ``rest`` [1] is one over the
    deviation in every other direction.
    """

    mean: Array
    scale: Array
    centre: Array
    directions: Array
    inverse: Array
    rest: Array

    @classmethod
    def fitted(cls, records: NDArray[np.floating], clusters: NDArray[np.int64]) -> Novelty:
        """From pooled records [n, layers, 2, width] of speakers; every speaker counts once."""
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
        kept = int(min(_MOST, max(1, speakers // _SPEAKERS_EACH), (variance > 1e-9).sum(), width))
        left = width - kept
        rest = variance[kept:].sum() / left if left else 0.0
        # Directions that few speakers span vary by less than they truly do; never below the rest.
        inverse = 1 / np.sqrt(np.maximum(variance[:kept], max(rest, 1e-9)))
        return cls(
            mean, scale, centre, directions[:kept], inverse,
            np.array([1 / np.sqrt(max(rest, 1e-9))]),
        )  # fmt: skip

    def distance(self, record: NDArray[np.floating]) -> float:
        """Of one pooled record [layers, 2, width]; about 1 for those it was fitted on."""
        moved = ((record - self.mean) * self.scale).mean(0).reshape(-1) - self.centre
        along = self.directions @ moved
        outside = max(0.0, float(moved @ moved - along @ along)) * self.rest[0] ** 2
        return float(np.sqrt((((along * self.inverse) ** 2).sum() + outside) / len(moved)))

    def tensors(self) -> dict[str, Array]:
        """As it is kept in a bundle, in full precision."""
        return {name: np.ascontiguousarray(one) for name, one in asdict(self).items()}

    @classmethod
    def restored(cls, tensors: Mapping[str, Array]) -> Novelty:
        """What :meth:`tensors` gave; raises TypeError where one is missing or foreign."""
        return cls(**tensors)


def distances(records: NDArray[np.floating], clusters: NDArray[np.int64]) -> Array:
    """Of every recording, measured without its own speaker, [n]."""
    dealt = folds(clusters, np.zeros(len(clusters)))
    far = np.empty(len(records))
    for fold in np.unique(dealt):
        found = Novelty.fitted(records[dealt != fold], clusters[dealt != fold])
        far[dealt == fold] = [found.distance(one) for one in records[dealt == fold]]
    return far


def limit(far: Array, clusters: NDArray[np.int64]) -> float:
    """What :data:`SHARE` of speakers' recordings lie within, by :func:`distances`.

    The largest distance found where there are too few speakers for such a share.
    """
    order = np.argsort(far)
    share = weights(clusters)[order].cumsum() / (len(np.unique(clusters)) + 1)
    place = min(int(np.searchsorted(share, SHARE - 1e-12)), len(far) - 1)
    return float(far[order][place])
