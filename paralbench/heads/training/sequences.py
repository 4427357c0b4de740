"""Streams as sequences of frames to train on: one an example, or one a recording of a series.

Several streams arrive aligned: at one frame rate, cropped to the shortest; a stream with one frame a
clip says the same at every frame.
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

_APART = 1.0
"""Streams of one example may end so many seconds apart; encoders drop different last pieces."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sequences of all streams: values [batch, layers, frames, width], float32.

    ``mask`` and ``clip`` [batch, frames] are as in :class:`Frames`; ``items`` says whose they are.
    """

    items: Rows
    values: tuple[Tensor, ...]
    masks: tuple[Tensor, ...]
    clips: tuple[Tensor, ...]
    rates: tuple[float, ...]


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
        self._layers = [_chosen(stream, layers) for stream in streams]
        self._starts = _starts(problem)
        rates = {stream.rate for stream in streams if stream.rate}
        if len(streams) > 1 and len(rates) > 1:
            told = ", ".join(f"{stream.model} {stream.rate:g}" for stream in streams)
            raise ParalbenchError(
                f"several encoders need one frame rate to be aligned; they have {told} frames a "
                f"second: choose one with --set frame_rate=10."
            )
        self.rate = max(rates, default=0.0)

    @property
    def shapes(self) -> tuple[StreamShape, ...]:
        """What a network hears of each stream."""
        return tuple(
            StreamShape(_heard(stream), self.rate if len(self._streams) > 1 else stream.rate)
            for stream in self._streams
        )

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each stream's frames, whatever a network hears of them."""
        return tuple(_width(stream) for stream in self._streams)

    @property
    def words(self) -> tuple[Words | None, ...]:
        """The bags of audio words that are to be made of each stream."""
        return tuple(stream.words for stream in self._streams)

    @property
    def layers(self) -> tuple[int, ...]:
        """How many layers of each stream are listened to."""
        return tuple(len(chosen) for chosen in self._layers)

    def __len__(self) -> int:
        if self._starts is not None:
            return len(self._starts) - 1
        stream = self._streams[0]
        return len(stream.values if isinstance(stream, PooledStream) else stream.clips)

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

    def length(self, item: int) -> int:
        """Frames of an item: of its longest stream."""
        if self._starts is not None:
            return int(self._starts[item + 1] - self._starts[item])
        return max(
            1
            if isinstance(stream, PooledStream)
            else sum(clip.shape[1] for clip in stream.clips[item])
            for stream in self._streams
        )

    def of(self, item: int) -> list[tuple[Tensor, Tensor]]:
        """Each stream's frames [layers, frames, width] of an item, and their clips [frames]."""
        found = [self._of(place, item) for place in range(len(self._streams))]
        return found if len(found) == 1 else self._aligned(found, item)

    def batch(self, items: Rows) -> Batch:
        """These items, padded to the longest of them."""
        if self._starts is None and len(self._streams) == 1:
            (stream,), (layers,) = self._streams, self._layers
            if isinstance(stream, PooledStream):
                return self._records(stream, layers, items)
        parts = [self.of(int(item)) for item in items]
        columns = [_padded([part[place] for part in parts]) for place in range(len(self._streams))]
        values, masks, clips = zip(*columns, strict=True)
        rates = tuple(shape.rate for shape in self.shapes)
        return Batch(items, tuple(values), tuple(masks), tuple(clips), rates)

    def _records(self, stream: PooledStream, layers: list[int], items: Rows) -> Batch:
        """Pooled records in one go: each is one frame, and none needs padding."""
        values = stream.values[items].reshape(len(items), -1, 1, _width(stream))
        if len(layers) < values.shape[1]:
            values = values[:, layers]
        clips = torch.zeros(len(items), 1, dtype=torch.long)
        return Batch(items, (torch.from_numpy(values),), (clips >= 0,), (clips,), (stream.rate,))

    def _of(self, place: int, item: int) -> tuple[Tensor, Tensor]:
        stream, layers = self._streams[place], self._layers[place]
        if isinstance(stream, PooledStream):
            rows = stream.values[self.rows(item)]
            values = rows.reshape(len(rows), rows.shape[1], -1).swapaxes(0, 1)[layers]
            return torch.from_numpy(values), torch.zeros(values.shape[1], dtype=torch.long)
        clips = [_float(clip, layers) for clip in stream.clips[item]]
        lengths = torch.tensor([clip.shape[1] for clip in clips])
        return torch.cat(clips, 1), torch.repeat_interleave(torch.arange(len(clips)), lengths)

    def _aligned(
        self, found: list[tuple[Tensor, Tensor]], item: int
    ) -> list[tuple[Tensor, Tensor]]:
        """Clip by clip cropped to the shortest stream; one frame a clip is said at every frame."""
        clips = max(int(clip.max()) for _, clip in found) + 1
        counts = np.array([np.bincount(clip.numpy(), minlength=clips) for _, clip in found])
        moving = np.array([bool(stream.rate) for stream in self._streams])
        if not moving.any():
            return found
        wanted = counts[moving].min(0)
        spread = (counts[moving].max(0) - wanted).max() / self.rate
        if spread > _APART or not wanted.all():
            raise ParalbenchError(
                f"the encoders' frames of one clip end {spread:.1f} s apart (example {item}); "
                f"their cards' 'shortest' and window must let them hear the same."
            )
        place = torch.repeat_interleave(torch.arange(clips), torch.from_numpy(wanted))
        within = torch.cat([torch.arange(int(count)) for count in wanted])
        aligned = []
        for (values, _), count, moves in zip(found, counts, moving, strict=True):
            start = torch.from_numpy(np.concatenate([[0], count[:-1]]).cumsum())
            index = start[place] + (within if moves else 0)
            aligned.append((values[:, index], place))
        return aligned


def _starts(problem: Problem) -> Rows | None:
    """Where each recording of a series begins, and the end; None where rows are examples."""
    if problem.recordings is None:
        return None
    changes = np.flatnonzero(np.diff(problem.recordings)) + 1
    return np.concatenate([[0], changes, [len(problem.recordings)]]).astype(np.int64)


def _width(stream: Stream) -> int:
    if isinstance(stream, PooledStream):
        return int(stream.values.shape[2] * stream.values.shape[3])
    return stream.width


def _heard(stream: Stream) -> int:
    """Width of what a network hears of a stream."""
    if stream.words is None:
        return _width(stream)
    if not stream.rate:
        raise UsageError(
            f"bags of audio words are made of frames, and of '{stream.model}' there is one record an "
            f"example; choose a head that listens to frames."
        )
    return stream.words.codes


def _chosen(stream: Stream, layers: str | int) -> list[int]:
    alone = isinstance(stream, FrameStream)
    count = stream.layers if isinstance(stream, FrameStream) else stream.values.shape[1]
    return list(layer_choice.chosen(layers, count, stream.model, stored_alone=alone))


def _float(clip: NDArray[Any], layers: list[int]) -> Tensor:
    """Stored frames as float32; only the chosen layers are read from the disk."""
    chosen = clip if len(layers) == len(clip) else clip[layers]
    if chosen.dtype == np.uint16:  # bfloat16, as it is kept on disk
        return torch.from_numpy(restored(chosen, "bfloat16"))
    return torch.from_numpy(chosen.astype(np.float32))


def _padded(parts: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    longest = max(clip.shape[0] for _, clip in parts)
    layers, _, width = parts[0][0].shape
    values = torch.zeros(len(parts), layers, longest, width)
    clips = torch.full((len(parts), longest), -1)
    for place, (value, clip) in enumerate(parts):
        values[place, :, : len(clip)] = value
        clips[place, : len(clip)] = clip
    return values, clips >= 0, clips
