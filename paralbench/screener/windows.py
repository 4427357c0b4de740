"""From a recording to what a head hears of it, window by window, exactly as in the evaluation."""

from __future__ import annotations

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a recording as it was encoded.

    Args:
        start, end: where, in seconds of the recording's file.
        clip: number of the utterance it is of.
        frames: how many.
        mean: over them, [layers, width].
        deviation: over them, [layers, width].
        values: the frames themselves [layers, frames, width] where the head hears frames.
    """

    start: float
    end: float
    clip: int
    frames: int
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    values: NDArray[np.float32] | None = None


class WindowReader:
    """Hears recordings; may be used from several threads.

    Args:
        encoder: what encodes.
        card: its card.
        product: what the head needs of a clip.
        cutting: how long recordings are cut for it, None where they are not.
    """

    def __init__(
        self, encoder: Encoder, card: ModelCard, spec: FeatureSpec, cutting: Cutting | None
    ) -> None:
        self._listener = ClipEncoder(encoder, card, spec)
        self._card, self._product, self._cutting = card, spec, cutting
        self._detector = None if cutting is None else VoiceActivity()

    def windows(self, clip: Clip) -> Iterator[Window]:
        """A recording's windows in order, no more of it than one in memory.

        Raises:
            Refused: for audio that the encoder cannot use, or in which nobody speaks.
        """
        for number, part in enumerate(self._clips(clip)):
            yield from self._heard(self._listener.pieces(part), part.start, number)

    def sound(self, samples: Waveform) -> Iterator[Window]:
        """The windows of a sound of no more than one window, [samples] at the encoder's rate."""
        return self._heard(iter([Piece(samples, 0, 0, len(samples))]), 0.0, 0)

    def _heard(self, pieces: Iterator[Piece], start: float, number: int) -> Iterator[Window]:
        parts = self._parts(pieces, start)
        if self._product.kind == "pooled":
            for begin, end, (frames, mean, deviation) in parts:
                yield Window(begin, end, number, frames, mean, deviation)
        else:
            yield from self._frames(parts, start, number)

    def _clips(self, clip: Clip) -> list[Clip]:
        if self._cutting is None or self._detector is None:
            return [clip]
        if decoding.length(clip) <= self._cutting.from_seconds:
            return [clip]
        found = self._detector.utterances(clip, self._cutting)
        if not found:
            raise Refused("nobody was heard to speak in it")
        return found

    def _frames(self, parts: Iterator[_Part], start: float, number: int) -> Iterator[Window]:
        spec, rate = self._product, self._card.frame_rate
        plain = rate is None or spec.rate in (0.0, rate)
        bins = None if plain else Rebinned(spec.rate)
        heard = end = start
        for _, end, part in parts:
            values = part if bins is None else stored(bins.add(part), spec.dtype)
            until = end if bins is None else heard + values.shape[1] / spec.rate
            if values.shape[1]:
                yield self._window(heard, until, number, values)
            heard = until
        if bins is not None:
            yield self._window(heard, end, number, stored(bins.last(), spec.dtype))

    def _window(self, start: float, end: float, number: int, kept: NDArray[np.float32]) -> Window:
        # Rounded as the store rounds them: the head learnt from such numbers.
        values = restored(kept, self._product.dtype)
        mean, deviation = values.mean(1), values.std(1)
        return Window(start, end, number, values.shape[1], mean, deviation, values)

    def _parts(self, pieces: Iterator[Piece], begin: float) -> Iterator[_Part]:
        """Start and end in the file, and the reduced hidden states, of every window."""
        rate, asked, heard = self._card.rate, 0, 0
        for piece in pieces:
            asked += piece.own
            (part,) = self._listener.parts([piece])
            if isinstance(part, Refused):
                raise part
            if part is not None:
                heard += piece.own
                start = begin + piece.start / rate
                yield start, start + piece.own / rate, part
        if not heard:
            raise too_short(self._card, asked)


def pooled(windows: list[Window]) -> Pooled:
    """Mean and deviation over all frames of some windows, [layers, 2, width]."""
    # Window by window within an utterance, then utterance by utterance, as the evaluation does.
    outer, rounded = Moments(), [one.clip for one in windows]
    several = len(set(rounded)) > 1
    if not several:
        for one in windows:
            outer.add(one.frames, one.mean, one.deviation)
        return outer.pooled()
    for number in sorted(set(rounded)):
        inner = Moments()
        for one in windows:
            if one.clip == number:
                inner.add(one.frames, one.mean, one.deviation)
        whole = inner.pooled()
        outer.add(inner.frames, whole[:, 0], whole[:, 1])
    return outer.pooled()
