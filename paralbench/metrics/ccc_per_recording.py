"""CCC of each recording's series, averaged over recordings; all moments divided by n.

Unlike ``ccc``, which joins the series of all recordings, it does not reward differences between
recordings. Recordings have equal weight, whatever their length. Undefined (an error) if truth and
prediction of a recording are constant and equal. Only for targets that are series.

>>> round(METRIC([1, 2, 3, 5], [1, 2.5, 3, 4], recordings=[0, 0, 1, 1]), 3)
0.762
"""

import numpy as np

from paralbench.metrics.ccc import METRIC as CCC
from paralbench.metrics.metric import Additive, Answers, Array, cluster_sums, moments


def _statistics(answers: Answers) -> Array:
    """1 and the CCC in the first row of each recording, 0 in the others, [n, 2]."""
    if answers.recordings is None:
        raise ValueError("expected the recording of each step, got none")
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
