"""Bunches of speakers: the smallest parts of a site of which sums leave it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it deals the rows of a federated head, which no result is keyed by"


def bunches(
    groups: NDArray[np.int64], targets: NDArray[np.float64], classes: int, size: int
) -> NDArray[np.int64]:
    """The bunch of each row [rows]: ``size`` speakers or more in each, their classes mixed.

    Speakers are ordered by their most frequent class and dealt in turn. With ``size`` 1 every speaker
    is a bunch, in the order of their numbers.

    Raises:
        ParalbenchError: where there are fewer speakers than one bunch needs.
    """
    names, member = np.unique(groups, return_inverse=True)
    if len(names) < size:
        raise ParalbenchError(
            f"expected {size} speakers or more in the smallest sum that leaves the site, got "
            f"{len(names)} in all."
        )
    if size == 1:
        return member.astype(np.int64)
    kinds = np.zeros(len(names))
    if classes:
        counts = np.zeros((len(names), classes))
        np.add.at(counts, (member, targets.astype(np.int64)), 1)
        kinds = counts.argmax(1)
    order = np.argsort(kinds, kind="stable")
    bunch = np.empty(len(names), np.int64)
    bunch[order] = np.arange(len(names)) % (len(names) // size)
    return bunch[member]
