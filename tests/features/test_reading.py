"""Reading: records as they are stored; damaged ones are extracted again, or the reason is an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.extraction import extract
from paralbench.features.key import clip_key, feature_key
from paralbench.features.reading import read
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore, Loaded, Mapped
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip

SPECS = {
    "pooled": FeatureSpec(),
    "frames": FeatureSpec("frames", rate=10.0),
    "windows": FeatureSpec().moving(0.5, 0.25),
}


@pytest.fixture(scope="module")
def encoder() -> LoadableEncoder:
    return loadable(Catalog().model("log-mel"))


@pytest.fixture
def clips(tmp_path: Path) -> dict[bytes, Clip]:
    rng = np.random.default_rng(0)
    clips = [Clip(tmp_path / f"{number}.wav") for number in range(3)]
    for clip in clips:
        soundfile.write(clip.path, rng.uniform(-0.3, 0.3, 16000), 16000)
    return {clip_key(clip.path.name, clip): clip for clip in clips}


def _stored(
    tmp_path: Path, encoder: LoadableEncoder, clips: dict[bytes, Clip], kind: str
) -> FeatureStore:
    store = FeatureStore(tmp_path / "cache", feature_key(encoder, SPECS[kind]))
    extract(encoder, clips, store, quiet=True)
    return store


def _damage(store: FeatureStore) -> None:
    data = bytearray((store.folder / "data.bin").read_bytes())
    data[40] ^= 4
    (store.folder / "data.bin").write_bytes(data)


@pytest.mark.parametrize("kind", SPECS)
def test_a_damaged_record_is_extracted_again(
    tmp_path: Path, encoder: LoadableEncoder, clips: dict[bytes, Clip], kind: str
) -> None:
    store, keys, remarks = _stored(tmp_path, encoder, clips, kind), list(clips), list[str]()
    before = read(encoder, clips, store, keys, quiet=True, say=remarks.append)
    assert isinstance(before, Loaded if kind == "pooled" else Mapped)
    arrays = [np.array(array) for array in before.arrays]
    assert not remarks
    _damage(store)
    after = read(encoder, clips, store, keys, quiet=True, say=remarks.append)
    assert remarks == ["1 damaged records of log-mel are extracted again."]
    for array, expected in zip(after.arrays, arrays, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_a_damaged_record_whose_audio_has_gone_is_an_error(
    tmp_path: Path, encoder: LoadableEncoder, clips: dict[bytes, Clip]
) -> None:
    store, keys = _stored(tmp_path, encoder, clips, "pooled"), list(clips)
    _damage(store)
    for clip in clips.values():
        clip.path.unlink()
    with pytest.raises(ParalbenchError, match=r"cannot be extracted again: .* \[0.wav\]"):
        read(encoder, clips, store, keys, quiet=True)


def test_a_disk_that_keeps_no_record_is_an_error(
    tmp_path: Path,
    encoder: LoadableEncoder,
    clips: dict[bytes, Clip],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, load = _stored(tmp_path, encoder, clips, "pooled"), FeatureStore.load

    def damaged(store: FeatureStore, keys: list[bytes]) -> Loaded:
        return replace(load(store, keys), corrupt=[0])

    monkeypatch.setattr(FeatureStore, "load", damaged)
    with pytest.raises(ParalbenchError, match="the disk does not store what is written"):
        read(encoder, clips, store, list(clips), quiet=True)
