"""Arrays memory-mapped on first access; other processes receive only their offsets and shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

NO_NUMBERS = "records are bytes under a checksum"


@dataclass(frozen=True)
class DataFile:
    """A file of records, which each process maps into memory on first access."""

    path: Path
    dtype: str

    @cached_property
    def bytes(self) -> NDArray[np.uint8]:
        """The content."""
        if not self.path.stat().st_size:  # an empty file cannot be mapped
            return np.empty(0, np.uint8)
        return np.memmap(self.path, np.uint8, mode="r")

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "dtype": self.dtype}


class OnDisk(Sequence[NDArray[Any]]):
    """Arrays [layers, rows, width] in a file, by offset and shape; cheap to send to a process."""

    def __init__(self, file: DataFile, places: list[tuple[int, tuple[int, int, int]]]) -> None:
        self._file, self._places = file, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, place: slice) -> OnDisk: ...
    def __getitem__(self, place: int | slice) -> NDArray[Any] | OnDisk:
        if isinstance(place, slice):
            return OnDisk(self._file, self._places[place])
        offset, shape = self._places[place]
        dtype = np.dtype(self._file.dtype)
        raw = self._file.bytes[offset : offset + math.prod(shape) * dtype.itemsize]
        return np.asarray(raw).view(dtype).reshape(shape)
