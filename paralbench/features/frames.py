"""Records of a recording's frames, joined from its pieces without holding all of them in memory.

A record is one array [layers, frames, width], so nothing can be written before all is encoded. Until
then pieces wait in memory, and from ``_IN_MEMORY`` bytes on in a scratch file; then they are read
back one layer and piece at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paralbench.features.bins import Bins, binned
from paralbench.features.precision import Precision, storage, stored
from paralbench.features.reduction import Part, Reduction
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Values
from paralbench.records.errors import Refused, UsageError
from paralbench.records.model_card import ModelCard

if TYPE_CHECKING:
    import torch

_IN_MEMORY = 32 << 20


class Spool:
    """Arrays [layers, frames, width] in storage precision, joined along their frames.

    Args:
        precision: how numbers are stored.
        scratch: folder of the scratch file; the system's own by default.
    """

    def __init__(self, precision: Precision, scratch: Path | None = None) -> None:
        self.frames = 0
        self._dtype = storage(precision)
        self._lengths: list[int] = []
        self._layers = self._width = 0
        folder = str(scratch) if scratch else None
        self._file: Any = SpooledTemporaryFile(_IN_MEMORY, dir=folder)  # noqa: SIM115

    def add(self, piece: Any) -> None:
        """Add frames [layers, frames, width] in storage precision."""
        self._layers, length, self._width = piece.shape
        self._file.write(np.ascontiguousarray(piece).data)
        self._lengths.append(length)
        self.frames += length

    def chunks(self) -> Iterator[NDArray[Any]]:
        """All frames in C order, a layer of a piece at a time; can be read once."""
        row = self._width * self._dtype.itemsize
        for layer in range(self._layers):
            before = 0
            for length in self._lengths:
                self._file.seek((before * self._layers + layer * length) * row)
                yield np.frombuffer(self._file.read(length * row), self._dtype)
                before += length
        self._file.close()

    def values(self, seconds: float) -> tuple[Values, int]:
        """The record's values and their number of frames."""
        return self.chunks(), self.frames


class Rebinned:
    """Streamed means of a recording's bins in order; a bin may extend over several pieces.

    Args:
        rate: bins a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next = 0
        self._open: tuple[int, NDArray[np.float64]] | None = None

    def add(self, bins: Bins) -> NDArray[np.float32]:
        """The bins [layers, bins, width] that are complete with this piece, so all but its last.

        Raises:
            Refused: where a bin holds no frame.
        """
        sums, counts, numbers = bins.sums.astype(np.float64), bins.counts.copy(), bins.numbers
        if self._open is not None:
            count, total = self._open
            if numbers[0] == self._next:
                counts[0] += count
                sums[:, 0] += total
            else:
                numbers = np.concatenate([[self._next], numbers])
                counts = np.concatenate([[count], counts])
                sums = np.concatenate([total[:, None], sums], axis=1)
        expected = self._next + np.arange(len(numbers))
        if not np.array_equal(numbers, expected):
            at = int(expected[int((numbers != expected).argmax())]) / self._rate
            raise Refused(f"the encoder gave no frame for the {1 / self._rate:g} s at {at:.2f} s")
        self._next = int(numbers[-1])
        self._open = int(counts[-1]), sums[:, -1]
        return _means(sums[:, :-1], counts[:-1])

    def last(self) -> NDArray[np.float32]:
        """The last bin, which is still open."""
        assert self._open is not None
        count, total = self._open
        return _means(total[:, None], np.array([count]))


def _means(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    means: NDArray[np.float32] = (sums / counts[:, None]).astype(np.float32)
    return means


def reduction(card: ModelCard, spec: FeatureSpec, scratch: Path | None) -> Reduction:
    """Records of kind ``frames``; raises UsageError for more frames a second than there are."""
    frame_rate, rate, dtype = card.frame_rate, spec.rate, spec.dtype

    def frames(states: torch.Tensor, start: float) -> Part:
        return stored(states.numpy(force=True), dtype)

    def bins(states: torch.Tensor, start: float) -> Part:
        return binned(states.numpy(force=True), start, frame_rate or 0.0, rate)

    if frame_rate is None or rate in (0.0, frame_rate):
        return Reduction(frames, lambda: Spool(dtype, scratch))
    if rate > frame_rate:
        raise UsageError(
            f"model '{card.id}' gives {frame_rate:g} frames a second; {rate:g} were asked for."
        )
    return Reduction(bins, lambda: _RebinnedSpool(spec, scratch))


class _RebinnedSpool(Spool):
    def __init__(self, spec: FeatureSpec, scratch: Path | None) -> None:
        super().__init__(spec.dtype, scratch)
        self._precision, self._bins = spec.dtype, Rebinned(spec.rate)

    def add(self, piece: Bins) -> None:
        super().add(stored(self._bins.add(piece), self._precision))

    def values(self, seconds: float) -> tuple[Values, int]:
        super().add(stored(self._bins.last(), self._precision))
        return super().values(seconds)
