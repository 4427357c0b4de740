"""Cuts a recording into pieces for an encoder, each with context on both sides."""

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
    """A part of a recording that is encoded at once; all numbers count samples.

    Args:
        samples: the encoder's input, context included.
        start: where the piece begins in the recording, context excluded.
        before: length of the context before it.
        own: its length without context; all pieces together make up the recording.
    """

    samples: Waveform
    start: int
    before: int
    own: int

    @property
    def after(self) -> int:
        """Length of the context after the piece."""
        return len(self.samples) - self.before - self.own


def cut(
    stream: Iterator[Waveform], window: int, overlap: int = 0, unit: int = 1
) -> Iterator[Piece]:
    """Cut a stream into windows of ``window`` samples, the last one shorter.

    With ``overlap``, inner edges have at least this much context. Windows begin at multiples of
    ``unit`` samples, the encoder's hop, so that their frames share one grid. A stream that fits one
    window is not cut. The last window is always longer than twice the overlap.

    Raises:
        ValueError: for a window with no room between its two overlaps.
    """
    context = -(-overlap // unit) * unit
    step = (window - 2 * context) // unit * unit if context else window
    if step <= 0:
        raise ValueError(f"a window of {window} samples has no room for two overlaps of {overlap}")
    buffer: list[Waveform] = []
    count = first = 0

    def piece(samples: Waveform, last: bool) -> Piece:
        before = context if first else 0
        own = len(samples) - before if last else first + step + context - (first + before)
        return Piece(samples, first + before, before, own)

    for samples in stream:
        buffer.append(samples)
        count += len(samples)
        # With context, the last window keeps its end: wait until another sample arrives.
        while count > window or (count == window and not context):
            joined = np.concatenate(buffer) if len(buffer) > 1 else buffer[0]
            yield piece(joined[:window], last=False)
            buffer, count, first = [joined[step:]], count - step, first + step
    if count:
        yield piece(np.concatenate(buffer) if len(buffer) > 1 else buffer[0], last=True)
