"""A recording's features window by window, exactly as the evaluation computed them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.audio import decoding
from paralbench.audio.cutting import Cutting
from paralbench.audio.pieces import Piece, Waveform
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.encoders.encoder import Encoder
from paralbench.features.clip_encoder import ClipEncoder
from paralbench.features.frames import Rebinned
from paralbench.features.pooling import Moments, Pooled
from paralbench.features.precision import restored, stored
from paralbench.features.reduction import Part, too_short
from paralbench.features.spec import FeatureSpec
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard

_Part = tuple[float, float, Part]
_BLOCK = 2**20
_AHEAD = 2
"""Windows that wait encoded, beside the one in use, where several threads encode."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a recording and its features.

    Args:
        start, end: in seconds of the recording's file.
        clip: number of the utterance it belongs to.
        frames: how many.
        mean: over them, [layers, width].
        deviation: over them, [layers, width].
        values: the frames [layers, frames, width] where the head takes frames.
    """

    start: float
    end: float
    clip: int
    frames: int
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    values: NDArray[np.float32] | None = None


class WindowBuffer:
    """Copies small arrays into shared blocks of a few megabytes.

    A small array that stays, allocated among large ones that go, leaves a gap too small for the next
    large one: with C's allocator, memory grew by all hidden states of an hour of windows.
    """

    def __init__(self) -> None:
        self._block = np.empty(0, np.float32)
        self._used = 0

    def put(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """A copy in the current block."""
        if values.size > len(self._block) - self._used:
            self._block = np.empty(max(values.size, _BLOCK), np.float32)
            self._used = 0
        place = self._block[self._used : self._used + values.size].reshape(values.shape)
        place[...] = values
        self._used += values.size
        return place


class WindowReader:
    """Reads the windows of recordings; may be used from several threads.

    Args:
        encoder: the encoder.
        card: its card.
        spec: the features that the head needs.
        cutting: how long recordings are cut into utterances, or None.
        pool: encodes windows ahead, each on one thread; None to encode them one by one.
    """

    def __init__(
        self,
        encoder: Encoder,
        card: ModelCard,
        spec: FeatureSpec,
        cutting: Cutting | None,
        pool: Executor | None = None,
    ) -> None:
        self._pool = pool
        self._encoder = ClipEncoder(encoder, card, spec)
        self._card, self._spec, self._cutting = card, spec, cutting
        self._detector = None if cutting is None else VoiceActivity()

    def windows(self, clip: Clip) -> Iterator[Window]:
        """A recording's windows in order, with at most one of them in memory.

        Raises:
            Refused: for audio that the encoder cannot use, or that holds no speech.
        """
        clips = [clip]
        if self._cutting is not None and self._detector is not None:
            length = decoding.length(clip)
            if length > self._cutting.from_seconds:
                clips = self._detector.utterances(clip, length, self._cutting)
            if not clips:
                raise Refused("no speech was found in it")
        for number, part in enumerate(clips):
            yield from self._windows(self._encoder.pieces(part), part.start, number)

    def sound(self, samples: Waveform) -> Iterator[Window]:
        """The windows of a sound of at most one window, [samples] at the encoder's rate."""
        return self._windows(iter([Piece(samples, 0, 0, len(samples))]), 0.0, 0)

    def _windows(self, pieces: Iterator[Piece], start: float, number: int) -> Iterator[Window]:
        parts = self._parts(pieces, start)
        if self._spec.kind == "pooled":
            for begin, end, (frames, mean, deviation) in parts:
                yield Window(begin, end, number, frames, mean, deviation)
            return
        spec, rate = self._spec, self._card.frame_rate
        bins = None if rate is None or spec.rate in (0.0, rate) else Rebinned(spec.rate)
        end = start
        for _, end, part in parts:
            values = part if bins is None else stored(bins.add(part), spec.dtype)
            until = end if bins is None else start + values.shape[1] / spec.rate
            if values.shape[1]:
                yield self._of_frames(start, until, number, values)
            start = until
        if bins is not None:
            yield self._of_frames(start, end, number, stored(bins.last(), spec.dtype))

    def _of_frames(
        self, start: float, end: float, number: int, frames: NDArray[np.float32]
    ) -> Window:
        # Rounded as the store rounds them: the head was trained on such numbers.
        values = restored(frames, self._spec.dtype)
        mean, deviation = values.mean(1), values.std(1)
        return Window(start, end, number, values.shape[1], mean, deviation, values)

    def _parts(self, pieces: Iterator[Piece], begin: float) -> Iterator[_Part]:
        """Start and end in the file, and the reduced hidden states, of every window."""
        rate, total, used = self._card.rate, 0, 0
        for piece, part in self._encoded(pieces):
            total += piece.own
            if isinstance(part, Refused):
                raise part
            if part is not None:
                used += piece.own
                start = begin + piece.start / rate
                yield start, start + piece.own / rate, part
        if not used:
            raise too_short(self._card, total)

    def _encoded(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Part | Refused | None]]:
        """Each piece with its part, in order."""
        if self._pool is None:
            for piece in pieces:
                yield piece, self._encoder.parts([piece])[0]
            return
        waiting: deque[tuple[Piece, Future[list[Part | Refused | None]]]] = deque()
        try:
            for piece in pieces:
                waiting.append((piece, self._pool.submit(self._encoder.parts, [piece])))
                if len(waiting) > _AHEAD:
                    first, future = waiting.popleft()
                    yield first, future.result()[0]
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()[0]
        finally:
            for _, future in waiting:
                future.cancel()


def pooled(windows: Sequence[Window]) -> Pooled:
    """Mean and deviation over all frames of some windows, [layers, 2, width]."""
    # Window by window within an utterance, then utterance by utterance, as the evaluation does.
    utterances = []
    for number in sorted({window.clip for window in windows}):
        moments = Moments()
        for window in windows:
            if window.clip == number:
                moments.add(window.frames, window.mean, window.deviation)
        utterances.append(moments)
    if len(utterances) == 1:
        return utterances[0].pooled()
    total = Moments()
    for moments in utterances:
        mean, deviation = moments.pooled().swapaxes(0, 1)
        total.add(moments.frames, mean, deviation)
    return total.pooled()
