"""Which stretches of a recording weighed most. It says where, and never why.

A linear head's answer is a sum, so each window's part in it is exact: of the mean, its share of the
frames; of the deviation, its share of the variance. What counts is by how much it differs from the
part of an equally long stretch of the validated recordings' mean. Any other head is asked again
without the stretch (occlusion), and the difference in log odds, or in the number's unit, is its part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from paralbench.features.pooling import Moments
from paralbench.records.assessment import Stretch
from paralbench.screener.deployed import Member, mean
from paralbench.screener.windows import Window, pooled

FROM_SECONDS = 60.0
MOST = 5
_PARTS = 12
_LEAST_SECONDS = 10.0

Answer = Callable[[NDArray[np.float64]], float]
"""From what members say together to the number that is explained."""


def of_linear(
    windows: Sequence[Window], slope: NDArray[np.float64], reference: NDArray[np.floating]
) -> list[Stretch]:
    """Exact parts of an answer that is linear in the pooled record.

    Args:
        windows: the recording's.
        slope: of the answer, [layers, 2, width].
        reference: the typical pooled record, [layers, 2, width].
    """
    moments = Moments()
    for one in windows:
        moments.add(one.frames, one.mean, one.deviation)
    whole = moments.pooled().astype(float)
    total = moments.frames
    first, second = slope[:, 0], slope[:, 1]
    deviation = np.maximum(whole[:, 1], 1e-12)
    found = []
    for one in windows:
        share = one.frames / total
        varied = (one.deviation**2 + (one.mean - whole[:, 0]) ** 2) / deviation
        difference = first * (one.mean - reference[:, 0]) + second * (varied - reference[:, 1])
        found.append(share * float(difference.sum()))
    return _heaviest(_spans(windows), found)


def of_pooled(
    windows: Sequence[Window], members: Sequence[Member], answer: Answer
) -> list[Stretch]:
    """Each window left out in turn, of a head that hears the pooled record."""

    def said(kept: list[Window]) -> float:
        record = pooled(kept)
        return answer(mean(one.answer([one.mix(record)]) for one in members))

    if len(windows) < 2:
        return []
    whole = said(list(windows))
    parts = [
        whole - said([*windows[:place], *windows[place + 1 :]]) for place in range(len(windows))
    ]
    return _heaviest(_spans(windows), parts)


def of_frames(
    windows: Sequence[Window],
    mixed: Sequence[Sequence[Tensor]],
    members: Sequence[Member],
    answer: Answer,
) -> list[Stretch]:
    """Stretches of equal length left out in turn; ``mixed`` is what each member kept of each window."""
    import torch

    seconds = windows[-1].end - windows[0].start
    length = max(_LEAST_SECONDS, seconds / _PARTS)
    times = [
        torch.from_numpy(one.start + (np.arange(one.frames) + 0.5) * (one.end - one.start) / one.frames)
        for one in windows
    ]  # fmt: skip

    def said(kept: Sequence[Tensor]) -> float | None:
        answers = []
        for member, heard in zip(members, mixed, strict=True):
            left = [values[keep] for values, keep in zip(heard, kept, strict=True)]
            joined = utterances(windows, left)
            if not joined:
                return None
            answers.append(member.answer(joined))
        return answer(mean(answers))

    whole = said([torch.ones(one.frames, dtype=torch.bool) for one in windows])
    spans, parts = [], []
    for number in range(int(np.ceil(seconds / length))):
        start = windows[0].start + number * length
        end = min(start + length, windows[-1].end)
        without = said([(time < start) | (time >= end) for time in times])
        if whole is not None and without is not None:
            spans.append((start, end))
            parts.append(whole - without)
    return _heaviest(spans, parts)


def utterances(windows: Sequence[Window], values: Sequence[Tensor]) -> list[Tensor]:
    """What was kept of windows, joined utterance by utterance; those without a frame are left out."""
    import torch

    found: list[Tensor] = []
    for number in dict.fromkeys(one.clip for one in windows):
        parts = [kept for one, kept in zip(windows, values, strict=True) if one.clip == number]
        joined = torch.cat(parts) if len(parts) > 1 else parts[0]
        if len(joined):
            found.append(joined)
    return found


def _spans(windows: Sequence[Window]) -> list[tuple[float, float]]:
    return [(one.start, one.end) for one in windows]


def _heaviest(spans: Sequence[tuple[float, float]], parts: Sequence[float]) -> list[Stretch]:
    total = float(np.abs(parts).sum())
    if not total:
        return []
    order = sorted(range(len(parts)), key=lambda place: -abs(parts[place]))
    return [Stretch(*spans[place], float(parts[place]) / total) for place in order[:MOST]]
