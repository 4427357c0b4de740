"""The stretches of a recording that weighed most in its answer. They say where, and never why.

The answer of a linear head is a sum, so the weight of each window is exact: in the mean, its share of
the frames; in the deviation, its share of the variance. The weight is the difference from an equally
long stretch of the validated recordings' mean. Any other head is computed again without the stretch
(occlusion); the difference in log odds, or in the number's unit, is its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.features.pooling import Moments
from paralbench.heads.deployable import Deployable
from paralbench.records.assessment import Stretch
from paralbench.screener import answers
from paralbench.screener.answers import Answer
from paralbench.screener.windows import Window, pooled

FROM_SECONDS = 60.0
MOST = 5
_PARTS = 12
_LEAST_SECONDS = 10.0

Explained = Callable[[Answer], float]
"""The number of an answer that is explained."""


def of_linear(
    windows: Sequence[Window], slope: NDArray[np.float64], reference: NDArray[np.floating]
) -> list[Stretch]:
    """Exact weights in an answer that is linear in the pooled record.

    Args:
        windows: of the recording.
        slope: of the answer, [layers, 2, width].
        reference: the typical pooled record, [layers, 2, width].
    """
    moments = Moments()
    for window in windows:
        moments.add(window.frames, window.mean, window.deviation)
    mean, deviation = moments.pooled().astype(float).swapaxes(0, 1)
    deviation = np.maximum(deviation, 1e-12)
    weights = []
    for window in windows:
        spread = (window.deviation**2 + (window.mean - mean) ** 2) / deviation
        difference = np.stack([window.mean, spread], 1) - reference
        weights.append(window.frames / moments.frames * float((slope * difference).sum()))
    return _heaviest([(window.start, window.end) for window in windows], weights)


def of_pooled(
    windows: Sequence[Window], heads: Sequence[Deployable], explained: Explained
) -> list[Stretch]:
    """Each window left out in turn, for heads that take the pooled record."""
    if len(windows) < 2:
        return []
    complete = explained(answers.of_record(heads, pooled(windows)))
    weights = []
    for number in range(len(windows)):
        others = [*windows[:number], *windows[number + 1 :]]
        weights.append(complete - explained(answers.of_record(heads, pooled(others))))
    return _heaviest([(window.start, window.end) for window in windows], weights)


def of_frames(
    windows: Sequence[Window],
    frames: Sequence[Sequence[Tensor]],
    heads: Sequence[Deployable],
    explained: Explained,
) -> list[Stretch]:
    """Stretches of equal length left out in turn; ``frames`` as in :func:`answers.of_frames`."""
    complete = answers.of_frames(heads, windows, frames)
    if complete is None:
        return []
    first, last = windows[0].start, windows[-1].end
    length = max(_LEAST_SECONDS, (last - first) / _PARTS)
    times = [
        window.start
        + (np.arange(window.frames) + 0.5) * (window.end - window.start) / window.frames
        for window in windows
    ]
    spans, weights = [], []
    for start in first + length * np.arange(np.ceil((last - first) / length)):
        end = min(start + length, last)
        rests = [torch.from_numpy((time < start) | (time >= end)) for time in times]
        without = answers.of_frames(
            heads,
            windows,
            [[part[rest] for part, rest in zip(mixed, rests, strict=True)] for mixed in frames],
        )
        if without is not None:
            spans.append((float(start), float(end)))
            weights.append(explained(complete) - explained(without))
    return _heaviest(spans, weights)


def _heaviest(spans: Sequence[tuple[float, float]], weights: Sequence[float]) -> list[Stretch]:
    total = float(np.abs(weights).sum())
    if not total:
        return []
    order = sorted(range(len(weights)), key=lambda number: -abs(weights[number]))
    return [Stretch(*spans[number], float(weights[number]) / total) for number in order[:MOST]]
