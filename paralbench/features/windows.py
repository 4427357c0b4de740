"""Mean and deviation over a window that slides along a recording, computed piece by piece.

Step ``k`` is at ``k / rate`` seconds; its window is centred on it and cut at the ends of the
recording, as in AVEC 2019's functionals (Ringeval et al., 2019). Frames are summed into bins of one
step and discarded, so memory grows with the record, not with the frames.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.pieces import Piece, Waveform, cut
from paralbench.features.bins import Bins, Frames, binned, deviations
from paralbench.features.precision import stored
from paralbench.features.reduction import Part, Reduction, too_short
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Values
from paralbench.records.errors import Refused
from paralbench.records.model_card import ModelCard

if TYPE_CHECKING:
    import torch


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
        """Add the next piece's bins, one a step, and their sums of squared deviations."""
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
        frames = _between(counts, low, high)
        if not frames.all():
            at = int(frames.argmin()) / self._rate
            raise Refused(f"the encoder gave no frame in the window around {at:.1f} s")
        first = self._parts[0][0]
        layers, _, width = first.sums.shape
        pooled = np.empty((layers, steps, 2, width), np.float32)
        for layer in range(layers):
            # Sums of squares cancel badly far from zero; the first bin's mean is near enough.
            centre = first.sums[layer, 0] / np.float64(first.counts[0])
            sums, squares = np.zeros((steps, width)), np.zeros((steps, width))
            for part, deviation in self._parts:
                inside = part.numbers < steps
                bins, count = part.numbers[inside], part.counts[inside, None]
                centred = part.sums[layer, inside] - count * centre
                sums[bins] += centred
                squares[bins] += deviation[layer, inside] + centred**2 / count
            mean = _between(sums, low, high) / frames
            variance = _between(squares, low, high) / frames - mean**2
            pooled[layer, :, 0] = mean + centre
            pooled[layer, :, 1] = np.sqrt(np.maximum(variance, 0))
        return pooled.reshape(layers, steps * 2, width)


def _between(
    values: NDArray[np.float64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sums of rows ``low`` to ``high``, the latter not included."""
    cumulative = np.concatenate([np.zeros((1, values.shape[1])), values.cumsum(0)])
    sums: NDArray[np.float64] = cumulative[high] - cumulative[low]
    return sums


def sliding(hops: Iterator[Frames], half: int) -> Iterator[Frames]:
    """For each hop of audio [samples], the audio from ``half`` hops before it to ``half`` after."""
    recent: deque[Frames] = deque(maxlen=2 * half)
    waiting = 0
    for hop in hops:
        recent.append(hop)
        waiting += 1
        if waiting >= half:
            yield np.concatenate(recent)
            waiting -= 1
    while waiting:
        if len(recent) > waiting + half:
            recent.popleft()
        yield np.concatenate(recent)
        waiting -= 1


def reduction(card: ModelCard, spec: FeatureSpec, scratch: Path | None) -> Reduction:
    """Records of kind ``windows``; with one frame a clip, each window is a piece."""
    frame_rate = card.frame_rate
    if frame_rate is None:
        return Reduction(
            lambda states, start: states.mean(1).numpy(force=True),
            lambda: _Means(spec),
            lambda audio: _pieces(card, spec, audio),
        )

    def part(states: torch.Tensor, start: float) -> Part:
        frames = states.numpy(force=True)
        bins = binned(frames, start, frame_rate, spec.rate)
        return bins, deviations(frames, bins)

    return Reduction(part, lambda: _Windows(spec))


def _pieces(card: ModelCard, spec: FeatureSpec, audio: Iterator[Waveform]) -> Iterator[Piece]:
    """The window around each step; each stands for one hop of the audio."""
    hops: deque[int] = deque()

    def hop() -> Iterator[Waveform]:
        for piece in cut(audio, round(card.rate / spec.rate)):
            hops.append(piece.own)
            yield piece.samples

    start = 0
    for samples in sliding(hop(), max(1, round(spec.rate * spec.window / 2))):
        if len(samples) < card.policy.shortest * card.rate:
            raise too_short(card, len(samples))
        own = hops.popleft()
        yield Piece(samples, start, 0, own)
        start += own


class _Windows:
    def __init__(self, spec: FeatureSpec) -> None:
        self._spec, self._windows = spec, Windows(spec.rate, spec.window)

    def add(self, part: Part) -> None:
        self._windows.add(*part)

    def values(self, seconds: float) -> tuple[Values, int]:
        steps = math.ceil(seconds * self._spec.rate - 1e-6)
        return stored(self._windows.pooled(steps), self._spec.dtype), steps


class _Means:
    def __init__(self, spec: FeatureSpec) -> None:
        self._dtype = spec.dtype
        self._means: list[NDArray[np.float32]] = []

    def add(self, part: NDArray[np.float32]) -> None:
        self._means.append(part)

    def values(self, seconds: float) -> tuple[Values, int]:
        steps = len(self._means)
        means = np.stack(self._means, axis=1)
        pairs = np.stack([means, np.zeros_like(means)], axis=2)
        return stored(pairs.reshape(len(means), steps * 2, -1), self._dtype), steps
