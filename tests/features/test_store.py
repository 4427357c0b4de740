"""The store: what was put in comes out, whatever happened in between."""

from __future__ import annotations

import math
import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from paralbench.features import store as module
from paralbench.features.inventory import holdings
from paralbench.features.key import FeatureKey, clip_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore, Record, delete
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.signal_quality import SignalQuality

LAYERS, WIDTH = 2, 3


def _space(kind: str = "frames") -> FeatureKey:
    spec = FeatureSpec("frames") if kind == "frames" else FeatureSpec("pooled")
    return FeatureKey("model", spec, LAYERS, WIDTH, {"encoder": "encoder"})


def _key(number: int) -> bytes:
    return clip_key(f"audio {number}", Clip(Path("any")))


def _values(number: int, frames: int = 4) -> NDArray[np.float32]:
    rng = np.random.default_rng(number)
    return rng.standard_normal((LAYERS, frames, WIDTH)).astype(np.float32)


def _record(number: int, frames: int = 4) -> Record:
    return Record(_values(number, frames), frames, frames / 50, frames / 100)


def _fill(store: FeatureStore, numbers: range) -> None:
    with store.writer() as writer:
        for number in numbers:
            writer.append(_key(number), _record(number, 1 + number % 5))


def _files(store: FeatureStore) -> tuple[bytes, bytes]:
    return (store.folder / "data.bin").read_bytes(), (store.folder / "index.bin").read_bytes()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=20), seed=st.integers(0, 9))
def test_what_goes_in_comes_out_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], seed: int
) -> None:
    store = FeatureStore(tmp_path_factory.mktemp("store"), _space())
    with store.writer() as writer:
        for number, frames in enumerate(lengths):
            writer.append(_key(number), _record(number, frames))
    order = np.random.default_rng(seed).permutation(len(lengths)).tolist()
    loaded = store.load([_key(number) for number in order])
    assert not loaded.corrupt
    for place, number in enumerate(order):
        assert np.array_equal(loaded.arrays[place], _values(number, lengths[number]))
        assert loaded.frames[place] == lengths[number]
    mapped = store.map([_key(number) for number in order])
    assert not mapped.corrupt
    assert mapped.frames.tolist() == loaded.frames.tolist()
    for item, other in zip(mapped.arrays, loaded.arrays, strict=True):
        assert np.array_equal(item, other)
        assert loaded.asked[place] == lengths[number] / 50
        assert loaded.consumed[place] == lengths[number] / 100


def test_a_key_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    with pytest.raises(KeyError):
        store.load([_key(0)])


def test_keys_that_end_in_zeros_are_kept_apart(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    keys = [b"\1" * 15 + b"\0", b"\1" * 14 + b"\0\0", b"\0" * 16]
    with store.writer() as writer:
        for number, key in enumerate(keys):
            writer.append(key, _record(number))
    loaded = store.load(keys)
    for number, values in enumerate(loaded.arrays):
        assert np.array_equal(values, _values(number))


def test_records_of_one_shape_come_as_one_array(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space("pooled"))
    with store.writer() as writer:
        for number in range(5):
            writer.append(_key(number), _record(number, 2))
    stacked = store.load([_key(number) for number in (3, 1)]).stacked()
    assert stacked.shape == (2, LAYERS, 2, WIDTH)
    assert np.array_equal(stacked[1], _values(1, 2))


def test_a_torn_tail_is_cut_off_and_made_again(tmp_path: Path) -> None:
    """Cut at every byte of the last index entry, and inside the last record."""
    complete = FeatureStore(tmp_path / "whole", _space())
    _fill(complete, range(6))
    data, index = _files(complete)
    entry = len(index) // 6
    cuts = [(len(data), len(index) - cut) for cut in range(1, entry + 1)]
    cuts += [(len(data) - 1, len(index)), (len(data) - 1, len(index) - entry)]
    for number, (data_end, index_end) in enumerate(cuts):
        store = FeatureStore(tmp_path / f"torn{number}", _space())
        store.folder.mkdir(parents=True)
        (store.folder / "data.bin").write_bytes(data[:data_end])
        (store.folder / "index.bin").write_bytes(index[:index_end])
        assert store.keys() == {_key(stored) for stored in range(5)}
        _fill(store, range(5, 6))
        assert _files(store) == (data, index)


def test_a_record_that_comes_in_pieces_is_stored_as_one(tmp_path: Path) -> None:
    complete, pieces = (FeatureStore(tmp_path / name, _space()) for name in ("whole", "pieces"))
    _fill(complete, range(3))
    with pieces.writer() as writer:
        for number in range(3):
            record = _record(number, 1 + number % 5)
            writer.append(
                _key(number), replace(record, values=iter(_values(number, 1 + number % 5)))
            )
    assert _files(pieces) == _files(complete)


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    _fill(store, range(6))
    data = bytearray((store.folder / "data.bin").read_bytes())
    data[int(store.index()[_key(3)]["offset"]) + 5] ^= 1
    (store.folder / "data.bin").write_bytes(data)
    assert store.load([_key(number) for number in (5, 3, 0)]).corrupt == [1]


def test_a_later_record_replaces_an_earlier(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    _fill(store, range(3))
    with store.writer() as writer:
        writer.append(_key(1), _record(99))
    (values,) = store.load([_key(1)]).arrays
    assert np.array_equal(values, _values(99))
    assert len(store.keys()) == 3


def test_a_damaged_index_entry_loses_no_other_one(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    _fill(store, range(6))
    index = bytearray((store.folder / "index.bin").read_bytes())
    index[len(index) // 6 * 4 + 20] ^= 1
    (store.folder / "index.bin").write_bytes(index)
    assert store.keys() == {_key(number) for number in (0, 1, 2, 3, 5)}


def _write_all(root: Path, start: int) -> None:
    store = FeatureStore(root, _space())
    with store.writer() as writer:
        stored = store.keys()
        for number in range(start, start + 200):
            if _key(number) not in stored:
                writer.append(_key(number), _record(number, 3))


@pytest.mark.slow
def test_two_processes_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_write_all, args=(tmp_path, start)) for start in (0, 100)]
    for process in both:
        process.start()
    for process in both:
        process.join(300)
        assert process.exitcode == 0
    store = FeatureStore(tmp_path, _space())
    numbers = range(300)
    assert store.keys() == {_key(number) for number in numbers}
    assert (store.folder / "data.bin").stat().st_size == 300 * LAYERS * 3 * WIDTH * 4
    loaded = store.load([_key(number) for number in numbers])
    assert not loaded.corrupt


def test_the_digest_knows_content_and_not_order(tmp_path: Path) -> None:
    item, other = (FeatureStore(tmp_path / name, _space()) for name in ("one", "other"))
    _fill(item, range(5))
    for number in (4, 2, 0, 3, 1):
        _fill(other, range(number, number + 1))
    assert item.digest() == other.digest()
    (held,) = holdings(tmp_path / "one")
    assert (held.records, held.digest, held.kind) == (5, item.digest(), "frames")
    with other.writer() as writer:
        writer.append(_key(0), _record(77))
    assert item.digest() != other.digest()


def test_a_clip_is_known_by_content_and_cut() -> None:
    keys = [
        clip_key("a", Clip(Path("x"))),
        clip_key("a", Clip(Path("x"), 1.0)),
        clip_key("a", Clip(Path("x"), 0.0, 1.0)),
        clip_key("a", Clip(Path("x"), channel=0)),
        clip_key("b", Clip(Path("x"))),
    ]
    assert len(set(keys)) == 5
    assert clip_key("a", Clip(Path("elsewhere"), 0)) == keys[0]


def test_another_encoder_or_product_is_another_space() -> None:
    base = _space()
    others = [
        FeatureKey("model", base.spec, LAYERS, WIDTH, {"encoder": "other"}),
        FeatureKey("model", FeatureSpec("pooled"), LAYERS, WIDTH, {"encoder": "encoder"}),
        FeatureKey(
            "model", FeatureSpec("frames", "float16"), LAYERS, WIDTH, {"encoder": "encoder"}
        ),
        FeatureKey(
            "model", FeatureSpec("frames", layers="last"), LAYERS, WIDTH, {"encoder": "encoder"}
        ),
        FeatureKey(
            "model", FeatureSpec("frames", layers=(1, 0)), LAYERS, WIDTH, {"encoder": "encoder"}
        ),
        FeatureKey(
            "model", FeatureSpec("frames", rate=10.0), LAYERS, WIDTH, {"encoder": "encoder"}
        ),
    ]
    assert len({base.name, *(space.name for space in others)}) == 7


def test_a_mapped_record_that_was_damaged_is_named(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    _fill(store, range(4))
    with (store.folder / "data.bin").open("r+b") as data:
        data.seek(int(store.index()[_key(2)]["offset"]) + 5)
        data.write(b"\xff\xee")
    assert store.map([_key(1), _key(2), _key(3)]).corrupt == [1]


QUALITY = SignalQuality(2, 1, -20.5, 0.25, 0.125, 8000.0, -math.inf)


def test_quality_is_kept_with_the_record(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, _space())
    with store.writer() as writer:
        writer.append(_key(0), replace(_record(0), quality=QUALITY))
        writer.append(_key(1), _record(1))
    assert store.qualities([_key(1), _key(0)]) == [None, QUALITY]


def test_a_flipped_bit_in_the_index_costs_one_record(tmp_path: Path) -> None:
    """The entries after it are intact, and the next writer keeps them."""
    store = FeatureStore(tmp_path, _space())
    with store.writer() as writer:
        for number in range(20):
            writer.append(_key(number), _record(number))
    index = bytearray((store.folder / "index.bin").read_bytes())
    index[100] ^= 4
    (store.folder / "index.bin").write_bytes(index)
    assert store.keys() == {_key(number) for number in range(20) if number != 1}
    with pytest.raises(KeyError):
        store.load([_key(1)])
    with store.writer() as writer:
        writer.append(_key(1), _record(1))
    for keys in ([_key(n) for n in range(20)], [_key(1)], [_key(19), _key(0)]):
        loaded = store.load(keys)
        assert loaded.corrupt == []
        for key, values in zip(keys, loaded.arrays, strict=True):
            np.testing.assert_array_equal(values, store.load([key]).arrays[0])
    assert len((store.folder / "index.bin").read_bytes()) == 21 * (len(index) // 20)


def test_few_records_are_found_without_reading_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FeatureStore(tmp_path, _space())
    with store.writer() as writer:
        for number in range(50):
            writer.append(_key(number), _record(number))
        writer.append(_key(7), _record(8))  # the latest counts
    complete = store.load([_key(n) for n in range(50)])
    checked: list[int] = []
    plain = module._checks

    def counted(entries: NDArray[np.void]) -> NDArray[np.uint64]:
        checked.append(len(entries))
        return plain(entries)

    monkeypatch.setattr(module, "_checks", counted)
    loaded = store.load([_key(7), _key(3)])
    assert sum(checked) == 3
    np.testing.assert_array_equal(loaded.arrays[0], complete.arrays[7])
    np.testing.assert_array_equal(loaded.arrays[1], complete.arrays[3])
    with pytest.raises(KeyError):
        store.load([_key(99)])


def _use(root: Path, ready: Any, done: Any) -> None:
    with FeatureStore(root, _space()).in_use():
        ready.set()
        done.wait(60)


@pytest.mark.parametrize("hold", ["read", "write"])
def test_features_in_use_are_not_deleted(tmp_path: Path, hold: str) -> None:
    """A run that reads them ended with a bare KeyError."""
    store = FeatureStore(tmp_path, _space())
    _fill(store, range(3))
    if hold == "write":
        with store.writer(), pytest.raises(ParalbenchError, match="a run is using these features"):
            delete(store.folder)
    else:
        context = multiprocessing.get_context("spawn")
        ready, done = context.Event(), context.Event()
        process = context.Process(target=_use, args=(tmp_path, ready, done))
        process.start()
        assert ready.wait(60)
        with pytest.raises(ParalbenchError, match="a run is using these features"):
            delete(store.folder)
        process.kill()  # the system releases its lock
        process.join()
    assert len(store.keys()) == 3
    delete(store.folder)
    assert list((tmp_path / "features").iterdir()) == []
    assert store.keys() == set()
