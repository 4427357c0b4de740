"""The store: what goes in comes out, torn tails are cut, damage is seen, writers queue."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.features.inventory import holdings
from paralbench.features.product import Product, Space
from paralbench.features.store import FeatureStore, Record

SPACE = Space("e", Product(), "ear", 2, 3)
ROW = 2 * 3 * 4


def key(number: int) -> bytes:
    return number.to_bytes(8, "big") + bytes(8)  # ends in zeros, as a digest may


def record(number: int, frames: int = 2) -> Record:
    values = np.random.default_rng(number).normal(size=(2, frames, 3)).astype(np.float32)
    return Record(values, 10 + number, 1.5 + number, 1.25 + number)


def filled(root: Path, numbers: list[int]) -> FeatureStore:
    store = FeatureStore(root, SPACE)
    with store.writer() as writer:
        for number in numbers:
            writer.append(key(number), record(number))
    return store


def holds(store: FeatureStore, numbers: list[int]) -> None:
    assert store.index().keys() == set(map(key, numbers))
    loaded = store.load([key(number) for number in numbers])
    assert loaded.corrupt == []
    for number, values in zip(numbers, loaded.arrays, strict=True):
        assert np.array_equal(values, record(number).values)
    assert loaded.frames.tolist() == [10 + number for number in numbers]
    assert loaded.asked.tolist() == [1.5 + number for number in numbers]
    assert loaded.consumed.tolist() == [1.25 + number for number in numbers]


@given(st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.integers(1, 40)), max_size=30),
       st.randoms(use_true_random=False))  # fmt: skip
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[bytes, int]], random: object
) -> None:
    store = FeatureStore(tmp_path_factory.mktemp("store"), SPACE)
    expected: dict[bytes, Record] = {}
    with store.writer() as writer:
        for number, (name, frames) in enumerate(written):
            expected[name] = record(number, frames)
            writer.append(name, expected[name])
    keys = list(expected)
    random.shuffle(keys)  # type: ignore[attr-defined]
    loaded = store.load(keys)
    assert loaded.corrupt == []
    for name, values in zip(keys, loaded.arrays, strict=True):
        assert np.array_equal(values, expected[name].values)


def test_unknown_key(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        filled(tmp_path, [1]).load([key(2)])


@pytest.mark.parametrize("torn", ["index.bin", "data.bin"])
def test_torn_tail_at_every_byte(tmp_path: Path, torn: str) -> None:
    whole = filled(tmp_path / "whole", [1, 2, 3])
    file = whole.folder / torn
    entry = file.stat().st_size // 3
    for lost in range(1, entry + 1):
        root = tmp_path / "torn"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", root)
        store = FeatureStore(root, SPACE)
        part = store.folder / torn
        with part.open("r+b") as handle:
            handle.truncate(file.stat().st_size - lost)
        holds(store, [1, 2])
        with store.writer() as writer:
            writer.append(key(3), record(3))
        holds(store, [1, 2, 3])
        for name in ("index.bin", "data.bin"):
            assert (store.folder / name).read_bytes() == (whole.folder / name).read_bytes()


@pytest.mark.parametrize("place", [0, ROW, 2 * 2 * ROW - 1])
def test_flipped_bit_in_data_is_seen(tmp_path: Path, place: int) -> None:
    store = filled(tmp_path, [1, 2])
    content = bytearray((store.folder / "data.bin").read_bytes())
    content[place] ^= 1
    (store.folder / "data.bin").write_bytes(content)
    loaded = store.load([key(2), key(1)])
    assert loaded.corrupt == [1 if place < 2 * ROW else 0]


def test_flipped_bit_in_index_loses_no_earlier_record(tmp_path: Path) -> None:
    store = filled(tmp_path, [1, 2, 3])
    content = bytearray((store.folder / "index.bin").read_bytes())
    content[len(content) // 3 * 2 + 20] ^= 4
    (store.folder / "index.bin").write_bytes(content)
    holds(store, [1, 2])


def test_later_record_of_a_key_wins(tmp_path: Path) -> None:
    store = filled(tmp_path, [1, 2])
    with store.writer() as writer:
        writer.append(key(1), record(9))
    assert np.array_equal(store.load([key(1)]).arrays[0], record(9).values)


def test_digest_does_not_depend_on_the_order(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "a", [1, 2, 3]), filled(tmp_path / "b", [3, 1, 2])
    assert first.digest() == second.digest()
    assert filled(tmp_path / "c", [1, 2]).digest() != first.digest()
    (held,) = holdings(tmp_path / "a")
    assert (held.digest, held.records, held.model) == (second.digest(), 3, "ear")


WRITE = """
import sys, time
from pathlib import Path
import numpy as np
from paralbench.features.product import Product, Space
from paralbench.features.store import FeatureStore, Record
store = FeatureStore(Path(sys.argv[1]), Space("e", Product(), "ear", 2, 3))
with store.writer() as writer:
    kept = store.index()
    for number in range(20):
        key = number.to_bytes(8, "big") + bytes(8)
        if key not in kept:
            time.sleep(0.01)
            writer.append(key, Record(np.zeros((2, 2, 3), np.float32), 1, 1.0, 1.0))
"""


def test_two_processes_leave_no_doubled_record(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE, str(tmp_path)]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait(60) for one in running] == [0, 0]
    store = FeatureStore(tmp_path, SPACE)
    assert len(store.index()) == 20
    assert (store.folder / "data.bin").stat().st_size == 20 * 2 * ROW
