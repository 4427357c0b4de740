"""The outline of a recording's wave, small enough to draw beside its row."""

from __future__ import annotations

import numpy as np

from paralbench.audio.decoding import as_stored, length
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

PARTS = 240


def sketch(clip: Clip) -> list[int]:
    """The largest sample of each of :data:`PARTS` equal parts, in per cent of full scale.

    Samples that are no numbers count as silence, those beyond full scale as full scale; a recording
    that cannot be decoded to its end gives what could be, and one that cannot be opened nothing.
    """
    peaks = np.zeros(PARTS)
    try:
        with as_stored(clip) as (found, blocks):
            total = max(1, round(length(clip, found) * found.rate))
            at = 0
            for block in blocks:
                heights = np.nan_to_num(np.abs(block).max(axis=1), posinf=0.0).clip(0, 1)
                parts = np.minimum((np.arange(at, at + len(block)) * PARTS) // total, PARTS - 1)
                np.maximum.at(peaks, parts, heights)
                at += len(block)
    except Refused:
        if not peaks.any():
            return []
    return [round(100 * float(peak)) for peak in peaks]
