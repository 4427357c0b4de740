"""Rows that have the same first and second moments as rows that are not here.

Ridge regression, its inner folds, correlations and deviations depend on nothing else, so that the
code for rows computes from the sites' sums what it would compute from their rows.
"""

from __future__ import annotations

import numpy as np

from paralbench.federation.messages import Array

NO_NUMBERS = "it stands for rows of a federated head, which no result is keyed by"


def surrogate(moments: Array) -> Array:
    """As many rows [rows, columns] as the moments are of, with the same moments.

    Args:
        moments: products [1 + columns, 1 + columns] of 1 and the columns, summed over rows.
    """
    count = round(float(moments[0, 0]))
    mean = moments[0, 1:] / count
    power, vectors = np.linalg.eigh(moments[1:, 1:] - count * np.outer(mean, mean))
    rank = min(count - 1, len(power))
    power, vectors = power[len(power) - rank :].clip(0), vectors[:, len(vectors) - rank :]
    # Cosines of whole half-waves are orthogonal to each other and to a constant.
    at = np.arange(count)[:, None] + 0.5
    waves = np.sqrt(2 / count) * np.cos(np.pi / count * at * np.arange(1, rank + 1))
    rows: Array = waves @ (np.sqrt(power)[:, None] * vectors.T) + mean
    return rows
