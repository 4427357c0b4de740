"""CCC of each recording's series alone, averaged over recordings; all moments divided by n.

Another metric than ``ccc``, which joins the series of all recordings: there a head is also paid for
telling recordings apart. Every recording counts the same, however long. Not defined (and an error)
where truth and prediction of a recording are constant and equal. Only for targets that are series.
"""

import numpy as np

from paralbench.metrics.ccc import METRIC as CCC
from paralbench.metrics.metric import Additive, Answers, Array, cluster_sums, moments


def _statistics(answers: Answers) -> Array:
    """[n, 2]: 1 and its CCC in the first row of each recording, 0 in the others."""
    if answers.recordings is None:
        raise ValueError("which recording a step belongs to is not told")
    statistics = np.zeros((len(answers.truth), 2))
    names, first, number = np.unique(answers.recordings, return_index=True, return_inverse=True)
    sums = cluster_sums(moments(answers), number, len(names))
    statistics[first, 0] = 1.0
    statistics[first, 1] = CCC.score(sums, 0)
    return statistics


def _score(sums: Array, classes: int) -> Array:
    mean: Array = sums[..., 1] / sums[..., 0]
    return mean


METRIC = Additive(
    "ccc-per-recording", 1, "number", True, _statistics, _score,
    chance=lambda classes: 0.0, range="correlation",
)  # fmt: skip
