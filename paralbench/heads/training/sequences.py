"""Streams as sequences of frames: one for an example, or one for a recording of a series.

Several streams are aligned: at one frame rate, cropped to the shortest; of a stream with one frame a
clip that frame is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.features.precision import restored
from paralbench.heads import layer_choice
from paralbench.heads.head import FrameStream, PooledStream, Problem, Rows, Stream
from paralbench.heads.training.frames import StreamShape
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.model_card import Words

_TOLERANCE = 1.0
"""Streams of one example may end so many seconds from each other; encoders drop different last pieces."""

Part = tuple[Tensor, Tensor]
"""One stream of an item: frames [layers, frames, width] and the clip of each, [frames]."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sequences of all streams: values [batch, layers, frames, width], float32.

    ``mask`` and ``clip`` [batch, frames] are as in :class:`Frames`. ``prepared``: the values went
    through :meth:`LayerSum.prepare`.
    """

    values: tuple[Tensor, ...]
    masks: tuple[Tensor, ...]
    clips: tuple[Tensor, ...]
    rates: tuple[float, ...]
    prepared: bool = False


class Sequences:
    """All sequences of a problem; an item is an example's row, or a recording of a series.

    Raises:
        ParalbenchError: where streams cannot be aligned.
        UsageError: for a layer that an encoder does not have.
    """

    def __init__(
        self, streams: Sequence[Stream], problem: Problem, layers: str | int = "learned"
    ) -> None:
        self._streams = streams
        self._layers = [
            layer_choice.chosen(
                layers, _layers(stream), stream.model, stored_alone=isinstance(stream, FrameStream)
            )
            for stream in streams
        ]
        self._starts: Rows | None = None
        """Where each recording of a series begins, and the end; None where rows are examples."""
        if problem.recordings is not None:
            changes = np.flatnonzero(np.diff(problem.recordings)) + 1
            ends = [0, *changes, len(problem.recordings)]
            self._starts = np.array(ends, np.int64)
        rates = {stream.rate for stream in streams if stream.rate}
        if len(streams) > 1 and len(rates) > 1:
            described = ", ".join(f"{stream.model} {stream.rate:g}" for stream in streams)
            raise ParalbenchError(
                f"several encoders need one frame rate to be aligned; they have {described} frames a "
                f"second: choose one with --set frame_rate=10."
            )
        self.rate = max(rates, default=0.0)
        self.lengths = self._lengths()

    @property
    def shapes(self) -> tuple[StreamShape, ...]:
        """Width and rate of each stream, as a network reads it."""
        return tuple(
            StreamShape(_outputs(stream), self.rate if len(self._streams) > 1 else stream.rate)
            for stream in self._streams
        )

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each stream's frames, whatever is made of them."""
        return tuple(_width(stream) for stream in self._streams)

    @property
    def words(self) -> tuple[Words | None, ...]:
        """The bags of audio words that are to be made of each stream."""
        return tuple(stream.words for stream in self._streams)

    @property
    def layers(self) -> tuple[int, ...]:
        """How many layers of each stream are read."""
        return tuple(len(chosen) for chosen in self._layers)

    def items(self, rows: Rows) -> Rows:
        """The items that hold these rows."""
        if self._starts is None:
            return rows
        return np.unique(np.searchsorted(self._starts, rows, side="right") - 1)

    def rows(self, item: int) -> Rows:
        """The rows of an item, in order."""
        if self._starts is None:
            return np.array([item])
        return np.arange(self._starts[item], self._starts[item + 1])

    def of(self, item: int) -> list[Part]:
        """The streams of an item."""
        parts = [self._of(place, item) for place in range(len(self._streams))]
        return parts if len(parts) == 1 else self._aligned(parts, item)

    def batch(self, items: Rows) -> Batch:
        """These items, padded to the longest of them."""
        return self.padded([self.of(int(item)) for item in items])

    def padded(self, items: Sequence[Sequence[Part]], prepared: bool = False) -> Batch:
        """A batch of the streams of some items."""
        columns = [_padded([item[place] for item in items]) for place in range(len(self._streams))]
        values, masks, clips = zip(*columns, strict=True)
        rates = tuple(shape.rate for shape in self.shapes)
        return Batch(values, masks, clips, rates, prepared)

    def _lengths(self) -> Rows:
        """Frames of each item: of its longest stream."""
        if self._starts is not None:
            return np.diff(self._starts)
        each = [
            np.ones(len(stream.values), np.int64)
            if isinstance(stream, PooledStream)
            else np.array([sum(clip.shape[1] for clip in clips) for clips in stream.clips])
            for stream in self._streams
        ]
        lengths: Rows = np.max(each, axis=0)
        return lengths

    def _of(self, place: int, item: int) -> Part:
        stream, layers = self._streams[place], list(self._layers[place])
        if isinstance(stream, PooledStream):
            rows = stream.values[self.rows(item)]
            records = rows.reshape(len(rows), rows.shape[1], -1).swapaxes(0, 1)[layers]
            return torch.from_numpy(records), torch.zeros(len(rows), dtype=torch.long)
        clips = [_float(clip, layers) for clip in stream.clips[item]]
        lengths = torch.tensor([clip.shape[1] for clip in clips])
        values = clips[0] if len(clips) == 1 else torch.cat(clips, 1)
        return values, torch.repeat_interleave(torch.arange(len(clips)), lengths)

    def _aligned(self, parts: list[Part], item: int) -> list[Part]:
        """Each clip cropped to the shortest stream; one frame a clip is repeated."""
        clips = max(int(clip.max()) for _, clip in parts) + 1
        counts = np.array([np.bincount(clip.numpy(), minlength=clips) for _, clip in parts])
        moving = np.array([bool(stream.rate) for stream in self._streams])
        if not moving.any():
            return parts
        lengths = counts[moving].min(0)
        spread = (counts[moving].max(0) - lengths).max() / self.rate
        if spread > _TOLERANCE or not lengths.all():
            raise ParalbenchError(
                f"the encoders' frames of one clip end {spread:.1f} s apart (example {item}); "
                f"their cards' 'shortest' and window must let them read the same audio."
            )
        place = torch.repeat_interleave(torch.arange(clips), torch.from_numpy(lengths))
        within = torch.cat([torch.arange(int(length)) for length in lengths])
        aligned = []
        for (values, _), count, moves in zip(parts, counts, moving, strict=True):
            start = torch.from_numpy(np.concatenate([[0], count[:-1]]).cumsum())
            index = start[place] + (within if moves else 0)
            aligned.append((values[:, index], place))
        return aligned


def _layers(stream: Stream) -> int:
    return stream.layers if isinstance(stream, FrameStream) else stream.values.shape[1]


def _width(stream: Stream) -> int:
    if isinstance(stream, PooledStream):
        return int(stream.values.shape[2] * stream.values.shape[3])
    return stream.width


def _outputs(stream: Stream) -> int:
    """Width of the frames that a network reads of a stream."""
    if stream.words is None:
        return _width(stream)
    if not stream.rate:
        raise UsageError(
            f"bags of audio words are made of frames, and of '{stream.model}' there is one record an "
            f"example; choose a head that reads frames."
        )
    return stream.words.codes


def _float(clip: NDArray[Any], layers: list[int]) -> Tensor:
    """Stored frames as float32; only the chosen layers are read from the disk."""
    chosen = clip if len(layers) == len(clip) else clip[layers]
    if chosen.dtype == np.uint16:  # bfloat16, as it is stored
        return torch.from_numpy(restored(chosen, "bfloat16"))
    return torch.from_numpy(chosen.astype(np.float32))


def _padded(parts: Sequence[Part]) -> tuple[Tensor, Tensor, Tensor]:
    """Values are laid out layer by layer, which :meth:`LayerSum.combine` reads in one pass."""
    lengths = [len(clip) for _, clip in parts]
    if min(lengths) == max(lengths):
        clips = torch.stack([clip for _, clip in parts])
        return torch.stack([values for values, _ in parts], 1).transpose(0, 1), clips >= 0, clips
    layers, _, width = parts[0][0].shape
    # Only what is padded is cleared: batches are large, and mostly full.
    values = torch.empty(layers, len(parts), max(lengths), width)
    clips = torch.full((len(parts), max(lengths)), -1)
    for place, ((value, clip), length) in enumerate(zip(parts, lengths, strict=True)):
        values[:, place, :length] = value
        values[:, place, length:] = 0
        clips[place, :length] = clip
    return values.transpose(0, 1), clips >= 0, clips
