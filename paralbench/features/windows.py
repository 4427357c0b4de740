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

from paralbench.records.errors import Refused

Frames = NDArray[np.float32]


class Windows:
    """Gathers a recording's windows.

    Args:
        rate: steps a second.
        window: length of a window in seconds.
        frame_rate: frames a second.
    """

    def __init__(self, rate: float, window: float, frame_rate: float) -> None:
        self._rate, self._frame_rate = rate, frame_rate
        self._half = max(1, round(rate * window / 2))
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int64], Frames, Frames]] = []
        self._centre: Frames | None = None

    def add(self, states: Frames, start: float) -> None:
        """Add frames [layers, frames, width], the first of them ``start`` seconds in."""
        seconds = start + np.arange(states.shape[1]) / self._frame_rate
        step = np.floor(seconds * self._rate + 1e-6).astype(np.int64)
        bins, first, count = np.unique(step, return_index=True, return_counts=True)
        # Sums of squares cancel badly far from zero; the first block's mean is near enough.
        if self._centre is None:
            self._centre = states.mean(1, keepdims=True)
        moved = states - self._centre
        self._parts.append(
            (bins, count, np.add.reduceat(moved, first, 1), np.add.reduceat(moved**2, first, 1))
        )

    def pooled(self, steps: int) -> Frames:
        """Mean and population deviation around each step: [layers, steps * 2, width].

        Raises:
            Refused: where a window holds no frame.
        """
        if self._centre is None:
            raise ValueError("no frames were added")
        low = np.maximum(np.arange(steps) - self._half, 0)
        high = np.minimum(np.arange(steps) + self._half, steps)
        counts = np.zeros((steps, 1))
        for bins, count, _, _ in self._parts:
            inside = bins < steps
            counts[bins[inside], 0] += count[inside]
        heard = _between(counts, low, high)
        if not heard.all():
            at = int(heard.argmin()) / self._rate
            raise Refused(f"the encoder gave no frame in the window around {at:.1f} s")
        layers, _, width = self._centre.shape
        found = np.empty((layers, steps, 2, width), np.float32)
        for layer in range(layers):
            sums, squares = np.zeros((steps, width)), np.zeros((steps, width))
            for bins, _, total, square in self._parts:
                inside = bins < steps
                sums[bins[inside]] += total[layer, inside]
                squares[bins[inside]] += square[layer, inside]
            mean = _between(sums, low, high) / heard
            variance = _between(squares, low, high) / heard - mean**2
            found[layer, :, 0] = mean + self._centre[layer]
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
