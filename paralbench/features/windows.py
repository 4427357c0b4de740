"""Mean and deviation over a window that slides along a recording, gathered block by block.

Step ``k`` stands at ``k / rate`` seconds; its window is centred on it and cut at the ends of the
recording, as in AVEC 2019's functionals (Ringeval et al., 2019). Frames are summed into bins of one
step as they come and then forgotten, so a recording costs what its record costs, not its frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from paralbench.features.bins import Bins, Frames
from paralbench.records.errors import Refused


class Windows:
    """Gathers a recording's windows from the bins of its pieces, one bin a step.

    Args:
        rate: steps a second.
        window: length of a window in seconds.
    """

    def __init__(self, rate: float, window: float) -> None:
        self._rate = rate
        self._half = max(1, round(rate * window / 2))
        self._parts: list[tuple[Bins, Frames]] = []

    def add(self, bins: Bins, squares: Frames) -> None:
        """Add the next piece's bins, as many a second as there are steps, and their deviations."""
        self._parts.append((bins, squares))

    def pooled(self, steps: int) -> Frames:
        """Mean and population deviation around each step: [layers, steps * 2, width].

        Raises:
            Refused: where a window holds no frame.
        """
        if not self._parts:
            raise ValueError("no frames were added")
        low = np.maximum(np.arange(steps) - self._half, 0)
        high = np.minimum(np.arange(steps) + self._half, steps)
        counts = np.zeros((steps, 1))
        for part, _ in self._parts:
            inside = part.numbers < steps
            counts[part.numbers[inside], 0] += part.counts[inside]
        heard = _between(counts, low, high)
        if not heard.all():
            at = int(heard.argmin()) / self._rate
            raise Refused(f"the encoder gave no frame in the window around {at:.1f} s")
        first = self._parts[0][0]
        layers, _, width = first.sums.shape
        found = np.empty((layers, steps, 2, width), np.float32)
        for layer in range(layers):
            # Sums of squares cancel badly far from zero; the first bin's mean is near enough.
            centre = first.sums[layer, 0] / np.float64(first.counts[0])
            sums, squares = np.zeros((steps, width)), np.zeros((steps, width))
            for part, deviation in self._parts:
                inside = part.numbers < steps
                bins, count = part.numbers[inside], part.counts[inside, None]
                moved = part.sums[layer, inside] - count * centre
                sums[bins] += moved
                squares[bins] += deviation[layer, inside] + moved**2 / count
            mean = _between(sums, low, high) / heard
            variance = _between(squares, low, high) / heard - mean**2
            found[layer, :, 0] = mean + centre
            found[layer, :, 1] = np.sqrt(np.maximum(variance, 0))
        return found.reshape(layers, steps * 2, width)


def _between(
    values: NDArray[np.float64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sums of rows ``low`` to ``high``, the latter not included."""
    summed = np.concatenate([np.zeros((1, values.shape[1])), values.cumsum(0)])
    found: NDArray[np.float64] = summed[high] - summed[low]
    return found


def sliding(hops: Iterator[Frames], half: int) -> Iterator[Frames]:
    """For each hop of audio [samples], the audio from ``half`` hops before it to ``half`` after."""
    held: deque[Frames] = deque(maxlen=2 * half)
    waiting = 0
    for hop in hops:
        held.append(hop)
        waiting += 1
        if waiting >= half:
            yield np.concatenate(held)
            waiting -= 1
    while waiting:
        if len(held) > waiting + half:
            held.popleft()
        yield np.concatenate(held)
        waiting -= 1
