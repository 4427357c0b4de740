"""Where the little that is kept of each window lies until its recording has been heard.

A small array that stays, allocated among large ones that go, leaves a hole into which the next large
one no longer fits: with C's allocator an hour of windows grew by all their hidden states. On a shelf
small arrays stand side by side in blocks of a few megabytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 2**20


class WindowBuffer:
    """Takes arrays and hands out copies that lie side by side."""

    def __init__(self) -> None:
        self._block = np.empty(0, np.float32)
        self._used = 0

    def put(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """A copy on the shelf."""
        if values.size > len(self._block) - self._used:
            self._block = np.empty(max(values.size, _BLOCK), np.float32)
            self._used = 0
        place = self._block[self._used : self._used + values.size].reshape(values.shape)
        place[...] = values
        self._used += values.size
        return place
