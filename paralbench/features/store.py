"""The feature store: one append-only file of records for each key, and an index beside it.

A record is the raw array, so reading a corpus is one sequential read. The index holds an entry of
fixed size a record (key, offset, checksum, seconds, signal quality), written after the record, so a
killed process leaves complete records and at most one incomplete tail, which the next writer
truncates. Writers of a key take a lock that the system releases when its holder dies; readers need
none. A record whose checksum fails is extracted again, as is one whose entry is damaged; of several
entries for a key the latest counts.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import xxhash
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from paralbench.features.key import FeatureKey
from paralbench.features.mapping import DataFile, OnDisk
from paralbench.features.precision import storage
from paralbench.records.errors import ParalbenchError
from paralbench.records.signal_quality import SignalQuality
from paralbench.system.atomic_file import write_atomically
from paralbench.system.folder_lock import Lock

NO_NUMBERS = "records are bytes under a checksum"

_ENTRY = np.dtype(
    [("key", "V16"), ("offset", "<u8"), ("size", "<u8"), ("frames", "<u8"), ("asked", "<f8"),
     ("consumed", "<f8"), ("checksum", "<u8"), ("level", "<f4"), ("silent", "<f4"), ("clipped", "<f4"),
     ("bandwidth", "<f4"), ("mixing", "<f4"), ("channels", "<u2"), ("dead", "<u2"), ("check", "<u8")]
)  # fmt: skip
_QUALITY = ("channels", "dead", "level", "silent", "clipped", "bandwidth", "mixing")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_AT_ONCE = 8 << 20
_FEW = 8
_USE = "use-"


Values = NDArray[Any] | Iterator[NDArray[Any]]
"""An array in storage precision, or the pieces of a long one in C order."""


@dataclass(frozen=True, slots=True)
class Record:
    """One array [layers, 2 or frames, width]; seconds of its clip, and those that were encoded.

    ``quality`` is what was measured of the clip, None where nothing was.
    """

    values: Values
    frames: int
    asked: float
    consumed: float
    quality: SignalQuality | None = None


@dataclass(frozen=True)
class Loaded:
    """Records in the requested order; ``corrupt`` lists positions whose checksum failed.

    ``flat`` is their concatenation; ``rows`` are the lengths of their middle axes.
    """

    flat: NDArray[Any]
    rows: list[int]
    layers: int
    width: int
    frames: NDArray[np.int64]
    asked: NDArray[np.float64]
    consumed: NDArray[np.float64]
    corrupt: list[int]

    @cached_property
    def arrays(self) -> list[NDArray[Any]]:
        """Each record [layers, rows, width], a view of ``flat``."""
        if not self.rows:
            return []
        pieces = np.split(self.flat, np.cumsum(self.rows)[:-1] * self.layers * self.width)
        shapes = [(self.layers, rows, self.width) for rows in self.rows]
        return [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]

    def stacked(self) -> NDArray[Any]:
        """Records of one shape as one array [records, layers, rows, width], without copying.

        Raises:
            ValueError: where shapes differ.
        """
        if len(set(self.rows)) != 1:
            raise ValueError(f"expected records of one shape, got {sorted(set(self.rows))} rows")
        return self.flat.reshape(len(self.rows), self.layers, self.rows[0], self.width)


@dataclass(frozen=True)
class Mapped:
    """Memory-mapped records in the requested order; fields as in Loaded."""

    arrays: OnDisk
    frames: NDArray[np.int64]
    asked: NDArray[np.float64]
    consumed: NDArray[np.float64]
    corrupt: list[int]


class FeatureStore:
    """The features of one key below ``root``, or in the ``folder`` of an older key."""

    def __init__(self, root: Path, key: FeatureKey, folder: Path | None = None) -> None:
        self.folder = folder or root / "features" / key.name
        self.key = key
        self._data = self.folder / "data.bin"
        self._index = self.folder / "index.bin"

    def index(self) -> dict[bytes, np.void]:
        """The latest valid entry of each key."""
        entries, _ = _valid_entries(self._index, self._data)
        return dict(zip(entries["key"].tolist(), entries, strict=True))

    def keys(self) -> set[bytes]:
        """The keys of all stored records."""
        return set(_valid_entries(self._index, self._data)[0]["key"].tolist())

    def qualities(self, keys: Sequence[bytes]) -> list[SignalQuality | None]:
        """What was measured of each clip; raises as `load`."""
        entries = self._entries(keys)
        columns = [entries[name].tolist() for name in _QUALITY]
        return [
            SignalQuality(*values) if values[0] else None for values in zip(*columns, strict=True)
        ]

    def frames(self, keys: Sequence[bytes]) -> list[int]:
        """The number of frames of each clip, of a series its steps; raises as `load`."""
        frames: list[int] = self._entries(keys)["frames"].tolist()
        return frames

    def load(self, keys: Sequence[bytes]) -> Loaded:
        """Read records, checked against their checksums, in the order of ``keys``.

        Raises:
            KeyError: for a key that is not stored.
        """
        entries = self._entries(keys)
        sizes = entries["size"].tolist()
        ends = list(accumulate(sizes))
        flat = np.empty(ends[-1] if ends else 0, np.uint8)
        views = [flat[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        corrupt = sorted(_read_all(self._data, entries, views))
        key, dtype, row = self._layout()
        return Loaded(
            flat.view(dtype),
            [size // row for size in sizes],
            key.layers,
            key.width,
            entries["frames"].astype(np.int64),
            entries["asked"].copy(),
            entries["consumed"].copy(),
            corrupt,
        )

    def map(self, keys: Sequence[bytes]) -> Mapped:
        """Records as views of the file on disk, each read once to verify its checksum.

        Raises:
            KeyError: for a key that is not stored.
        """
        entries = self._entries(keys)
        key, dtype, row = self._layout()
        places = [
            (int(entry["offset"]), (key.layers, int(entry["size"]) // row, key.width))
            for entry in entries
        ]
        arrays = OnDisk(DataFile(self._data, dtype.str), places)
        corrupt = [
            position
            for position, entry in enumerate(entries)
            if xxhash.xxh3_64_intdigest(arrays[position].data) != int(entry["checksum"])
        ]
        frames, asked = entries["frames"].astype(np.int64), entries["asked"].copy()
        return Mapped(arrays, frames, asked, entries["consumed"].copy(), corrupt)

    def _layout(self) -> tuple[FeatureKey, np.dtype[Any], int]:
        """The key, the dtype on disk, and the bytes of a row of all layers."""
        dtype = storage(self.key.spec.dtype)
        return self.key, dtype, self.key.layers * self.key.width * dtype.itemsize

    def _entries(self, keys: Sequence[bytes]) -> NDArray[np.void]:
        """The latest valid entry of each key; few are looked up without reading the whole index."""
        if len(keys) <= _FEW:
            mapped, size = _mapped(self._index, self._data)
            places = [_latest(mapped, key, size) for key in keys]
            return np.array(mapped[places])
        stored, _ = _valid_entries(self._index, self._data)
        positions = {key: position for position, key in enumerate(stored["key"].tolist())}
        return stored[[positions[key] for key in keys]]

    @contextmanager
    def writer(self, waiting: Callable[[], None] = lambda: None) -> Iterator[Writer]:
        """The one writer of this key; ``waiting`` is called once where another has the lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with Lock(self.folder, "lock", waiting):
            file = self.folder / "space.json"
            if not file.exists():
                write_atomically(file, json.dumps(asdict(self.key), indent=1))
            with Writer(self._data, self._index) as writer:
                yield writer

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the records from being deleted by :func:`delete`, also where this process only reads."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{_USE}{os.getpid()}-{secrets.token_hex(4)}"
        try:
            with FileLock(file, timeout=0, thread_local=False):
                yield
        finally:
            file.unlink(missing_ok=True)

    def digest(self) -> str:
        """A digest of all records, independent of their order."""
        lines = sorted(key + entry["checksum"].tobytes() for key, entry in self.index().items())
        return xxhash.xxh3_128(b"".join(lines)).hexdigest()


def delete(folder: Path) -> None:
    """Delete the features of one key.

    Raises:
        ParalbenchError: where a process is making or reading them; nothing is deleted.
    """
    with ExitStack() as locks:
        try:
            for file in (folder / "lock", *folder.glob(f"{_USE}*")):
                locks.enter_context(FileLock(file, timeout=0))
        except Timeout:
            raise ParalbenchError(
                f"{folder}: a run is using these features; wait until it is done. They were kept."
            ) from None
        # Renamed first: a run that begins now makes a new folder.
        deleted = folder.with_name(f".deleted-{secrets.token_hex(4)}")
        folder.rename(deleted)
    shutil.rmtree(deleted)


class Writer:
    """Appends records, after truncating what a killed writer left incomplete."""

    def __init__(self, data: Path, index: Path) -> None:
        entries, used = _valid_entries(index, data)
        self._end = int((entries["offset"] + entries["size"]).max()) if len(entries) else 0
        self._data = _open_truncated(data, self._end)
        self._index = _open_truncated(index, used * _ENTRY.itemsize)

    def append(self, key: bytes, record: Record) -> None:
        """Store a record under a key, replacing an earlier one."""
        chunks = [record.values] if isinstance(record.values, np.ndarray) else record.values
        checksum, size = xxhash.xxh3_64(), 0
        for chunk in chunks:
            payload = np.ascontiguousarray(chunk).reshape(-1).view(np.uint8).data
            checksum.update(payload)
            self._data.write(payload)
            size += len(payload)
        self._data.flush()
        entry = np.zeros(1, _ENTRY)
        for name, value in (
            ("key", key), ("offset", self._end), ("size", size), ("frames", record.frames),
            ("asked", record.asked), ("consumed", record.consumed), ("checksum", checksum.intdigest()),
        ):  # fmt: skip
            entry[name] = value
        if record.quality is not None:
            for name in _QUALITY:
                entry[name] = getattr(record.quality, name)
        entry["check"] = _checks(entry)
        self._index.write(entry.tobytes())
        self._index.flush()
        self._end += size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._data, self._index):
            os.fsync(file.fileno())
            file.close()


def _checks(entries: NDArray[np.void]) -> NDArray[np.uint64]:
    """A checksum of each entry: a polynomial of its words in an odd constant, modulo 2**64."""
    words = entries.view(np.uint64).reshape(len(entries), _ENTRY.itemsize // 8)[:, :-1]
    total = np.full(len(entries), words.shape[1], np.uint64)
    for column in words.T:
        total = (total ^ column) * _MIX
        total ^= total >> np.uint64(29)
    return total


def _mapped(index: Path, data: Path) -> tuple[NDArray[np.void], int]:
    """The complete entries as a view of the file, and the size of the data."""
    try:
        count, size = index.stat().st_size // _ENTRY.itemsize, data.stat().st_size
    except FileNotFoundError:
        return np.empty(0, _ENTRY), 0
    if not count:
        return np.empty(0, _ENTRY), size
    return np.memmap(index, _ENTRY, "r", shape=(count,)), size


def _valid(entries: NDArray[np.void], size: int) -> NDArray[np.bool_]:
    """Whether each entry is undamaged and lies within data of this size."""
    valid: NDArray[np.bool_] = entries["check"] == _checks(entries)
    valid &= entries["offset"] + entries["size"] <= size
    return valid


def _valid_entries(index: Path, data: Path) -> tuple[NDArray[np.void], int]:
    """The valid entries, and the number of entries up to the last of them.

    Entries are of one size, so those after a damaged one are found where they should be.
    """
    mapped, size = _mapped(index, data)
    entries = np.array(mapped)
    valid = np.flatnonzero(_valid(entries, size))
    if len(valid) == len(entries):
        return entries, len(entries)
    return entries[valid], int(valid[-1]) + 1 if len(valid) else 0


def _latest(mapped: NDArray[np.void], key: bytes, size: int) -> int:
    """The place of the latest valid entry of a key; raises KeyError."""
    words = mapped.view(np.uint64).reshape(len(mapped), _ENTRY.itemsize // 8)
    first, second = np.frombuffer(key, np.uint64)
    places = np.flatnonzero((words[:, 0] == first) & (words[:, 1] == second))
    valid = places[_valid(np.array(mapped[places]), size)]
    if not len(valid):
        raise KeyError(key)
    return int(valid[-1])


def _open_truncated(file: Path, size: int) -> IO[bytes]:
    handle = file.open("r+b" if file.exists() else "w+b")
    handle.truncate(size)
    handle.seek(size)
    return handle


def _read_all(data: Path, entries: NDArray[np.void], views: list[NDArray[np.uint8]]) -> list[int]:
    """Fill ``views``, reading neighbours on disk together; returns the corrupt positions."""
    if not len(entries):
        return []
    offsets, sizes = entries["offset"].tolist(), entries["size"].tolist()
    runs: list[list[int]] = []
    end, total = -1, 0
    for position in np.argsort(entries["offset"], kind="stable").tolist():
        offset, size = offsets[position], sizes[position]
        if offset != end or total + size > _AT_ONCE or len(runs[-1]) == 512:
            runs.append([])
            total = 0
        runs[-1].append(position)
        end, total = offset + size, total + size
    with data.open("rb") as file, ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(_read_run, file.fileno(), entries, run, views) for run in runs]
        return [position for job in jobs for position in job.result()]


def _read_run(
    descriptor: int, entries: NDArray[np.void], run: list[int], views: list[NDArray[np.uint8]]
) -> list[int]:
    offsets = entries["offset"]
    size = os.preadv(descriptor, [views[position].data for position in run], int(offsets[run[0]]))
    if size != sum(len(views[position]) for position in run):
        # A signal came or the file was shortened; the checksums decide below which are complete.
        for position in run:
            content = os.pread(descriptor, len(views[position]), int(offsets[position]))
            views[position][: len(content)] = np.frombuffer(content, np.uint8)
    return [
        position
        for position in run
        if xxhash.xxh3_64_intdigest(views[position].data) != int(entries["checksum"][position])
    ]
