"""Cuts a recording into pieces that an encoder is fed, each with context on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Waveform: TypeAlias = NDArray[np.float32]
"""Mono samples [samples], full scale ±1."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording that is encoded at once; all numbers count samples.

    Args:
        samples: what the encoder is fed, context included.
        start: where the piece's own stretch begins in the recording, context not included.
        before: how much context stands before it.
        own: how long its own stretch is; the stretches of all pieces make up the recording.
    """

    samples: Waveform
    start: int
    before: int
    own: int

    @property
    def after(self) -> int:
        """How much context stands behind the piece's own stretch."""
        return len(self.samples) - self.before - self.own


def cut(
    stream: Iterator[Waveform], window: int, overlap: int = 0, unit: int = 1
) -> Iterator[Piece]:
    """Cut a stream into windows of ``window`` samples, the last one shorter.

    With ``overlap`` each window but the first begins, and each but the last ends, with so many
    samples of context at least. Windows then begin at multiples of ``unit`` samples, the encoder's
    hop, so the frames of all are those of one grid. What fits into one window is not cut. The last
    window is longer than twice the overlap, however little was left.

    Raises:
        ValueError: where the window leaves no room between its two overlaps.
    """
    context = -(-overlap // unit) * unit
    step = (window - 2 * context) // unit * unit if context else window
    if step <= 0:
        raise ValueError(f"a window of {window} samples has no room for two overlaps of {overlap}")
    held: list[Waveform] = []
    count = first = 0

    def piece(samples: Waveform, last: bool) -> Piece:
        before = context if first else 0
        own = len(samples) - before if last else first + step + context - (first + before)
        return Piece(samples, first + before, before, own)

    for samples in stream:
        held.append(samples)
        count += len(samples)
        # With context, whether a window is the last decides what of it is kept.
        while count > window or (count == window and not context):
            joined = np.concatenate(held) if len(held) > 1 else held[0]
            yield piece(joined[:window], last=False)
            held, count, first = [joined[step:]], count - step, first + step
    if count:
        yield piece(np.concatenate(held) if len(held) > 1 else held[0], last=True)
