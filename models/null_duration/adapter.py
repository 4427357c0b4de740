"""A null: how long a clip is and where its pauses lie, and nothing else of it.

Frames of 25 ms every 10 ms are active where their level lies within 30 dB of the clip's loud frames
(its 95th percentile) and above -90 dB of full scale; a pause is a run of 150 ms or more without an
active frame between the first active frame and the last. What was said, by whom and with which
voice does not enter, and the gain of the recording changes nothing above that floor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from paralbench.encoders.encoder import HiddenStates, Waveform

RATE, FRAME, HOP = 8000, 200, 80
_RANGE, _FLOOR = 30.0, -90.0
_PAUSE = 15
"""Frames of the shortest pause."""

FEATURES = (
    "log seconds", "log active seconds", "active share", "log seconds before", "log seconds after",
    "pauses a second", "pause share", "mean pause", "longest pause", "deviation of pauses",
    "mean stretch", "longest stretch",
)  # fmt: skip
"""Seconds throughout; a stretch is what lies between two pauses."""


class Duration:
    """One layer of one frame for each waveform: its :data:`FEATURES`."""

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[1, 1, 12] for each waveform."""
        return [torch.from_numpy(features(waveform))[None, None] for waveform in waveforms]


def load() -> Duration:
    """Nothing to load: the features are computed."""
    return Duration()


def features(waveform: Waveform) -> NDArray[np.float32]:
    """The :data:`FEATURES` of a waveform at 8 kHz."""
    total, step = len(waveform) / RATE, HOP / RATE
    active = activity(waveform)
    places = np.flatnonzero(active)
    first, last = (places[0], places[-1] + 1) if len(places) else (len(active), len(active))
    inner = active[first:last]
    lengths = _runs(inner)
    silent = (np.arange(len(lengths)) % 2 == 1) & (lengths >= _PAUSE)  # the first run is active
    joined = _runs(~np.repeat(silent, lengths)) * step
    stretches, pauses = joined[::2], joined[1::2]
    values = [
        np.log(total),
        np.log1p(len(places) * step),
        len(places) / len(active),
        np.log1p(first * step),
        np.log1p((len(active) - last) * step),
        len(pauses) / total,
        pauses.sum() / total,
        pauses.mean() if len(pauses) else 0.0,
        pauses.max(initial=0.0),
        pauses.std() if len(pauses) else 0.0,
        stretches.mean() if len(stretches) else 0.0,
        stretches.max(initial=0.0),
    ]
    return np.array(values, np.float32)


def activity(waveform: Waveform) -> NDArray[np.bool_]:
    """Which frames are active [1 + (samples - 200) // 80]; a shorter clip is one frame."""
    padded = np.pad(waveform, (0, max(0, FRAME - len(waveform)))).astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(padded**2)])
    starts = np.arange(0, len(padded) - FRAME + 1, HOP)
    power = np.maximum((sums[starts + FRAME] - sums[starts]) / FRAME, 1e-12)
    level = 10 * np.log10(power)
    active: NDArray[np.bool_] = level > max(float(np.percentile(level, 95)) - _RANGE, _FLOOR)
    return active


def _runs(values: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of the runs of equal values, in order; none where there are no values."""
    ends = [*np.flatnonzero(np.diff(values)) + 1, len(values)] if len(values) else []
    return np.diff([0, *ends]).astype(np.int64)
