"""Extraction: each clip once, in order, refused by name, resumed after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.digests import digests
from paralbench.features.extraction import extract
from paralbench.features.key import clip_key, feature_key
from paralbench.features.plan import Extent, plan
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.errors import CardError
from paralbench.records.example import Clip

CARD = """
id = "slow"
title = "slow"
backend = "python"
rate = 16000
layers = 1
width = 4
frame_rate = 100.0
parameters = 0
licence = "MIT"
citation = "none"
[policy]
window = 0.5
shortest = 0.05
"""

ADAPTER = """
import os, time
import torch

class Encoder:
    def encode(self, waveforms):
        with open(os.environ["CALLS"], "a") as calls:
            calls.write("x" * len(waveforms))
        time.sleep(float(os.environ.get("SLOW", "0")))
        return [BODY for w in waveforms]

def load():
    return Encoder()
"""

GOOD = "torch.from_numpy(w)[: len(w) // 160 * 160].view(-1, 160)[:, :4].unsqueeze(0)"

INDEX_ENTRY = 96
"""Bytes of a record's entry in the index."""

RUN = """
import sys
from pathlib import Path
from tests.features import test_extraction as t
root = Path(sys.argv[1])
t.run_all(root, root / sys.argv[2])
"""

Encoders = Callable[[str], LoadableEncoder]


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoders:
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))

    def make(body: str) -> LoadableEncoder:
        return _encoder(tmp_path, body)

    return make


def _encoder(root: Path, body: str) -> LoadableEncoder:
    folder = root / "catalog" / "models" / "slow"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text(CARD)
    (folder / "adapter.py").write_text(ADAPTER.replace("BODY", body))
    return loadable(Catalog([root / "catalog"]).model("slow"))


def _clips(root: Path, lengths: list[float]) -> dict[bytes, Clip]:
    folder = root / "wav"
    folder.mkdir(exist_ok=True)
    files = []
    for number, seconds in enumerate(lengths):
        file = folder / f"{number:03d}.wav"
        rng = np.random.default_rng(number)
        soundfile.write(file, 0.1 * rng.standard_normal(round(16000 * seconds)), 16000)
        files.append(file)
    hashes = digests(files)
    return {clip_key(str(hashes[file]), Clip(file)): Clip(file) for file in files}


def run_all(root: Path, cache: Path) -> None:
    """Extract forty clips; what the killed process runs."""
    chosen = _encoder(root, GOOD)
    store = FeatureStore(cache, feature_key(chosen, FeatureSpec()))
    extract(chosen, _clips(root, [0.2] * 40), store, quiet=True)


def test_pooled_equals_numpy_over_all_windows(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(GOOD)
    clips = _clips(tmp_path, [1.3])
    pooled, frames = (
        FeatureStore(tmp_path / "cache", feature_key(chosen, spec))
        for spec in (FeatureSpec("pooled"), FeatureSpec("frames"))
    )
    extract(chosen, clips, pooled, quiet=True)
    extract(chosen, clips, frames, quiet=True)
    (stored,) = frames.load(list(clips)).arrays
    (statistics,) = pooled.load(list(clips)).arrays
    samples, _ = soundfile.read(tmp_path / "wav" / "000.wav", dtype="float32")
    by_hand = samples[: 130 * 160].reshape(130, 160)[:, :4]
    assert stored[0] == pytest.approx(by_hand)
    assert statistics[0, 0] == pytest.approx(by_hand.mean(0), abs=1e-6)
    assert statistics[0, 1] == pytest.approx(by_hand.std(0), abs=1e-6)


def test_nothing_is_computed_twice(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(GOOD)
    clips = _clips(tmp_path, [0.2] * 5)
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    assert extract(chosen, clips, store, quiet=True).made == 5
    assert extract(chosen, clips, store, quiet=True).made == 0
    assert len((tmp_path / "calls").read_text()) == 5


def test_a_tail_too_short_is_dropped_and_counted(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(GOOD)
    clips = _clips(tmp_path, [1.03])
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    extract(chosen, clips, store, quiet=True)
    loaded = store.load(list(clips))
    assert loaded.asked[0] == pytest.approx(1.03)
    assert loaded.consumed[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"{GOOD} * float('nan')", "slow returned NaN or infinity"),
        (f"{GOOD}[:, :0]", r"slow returned no frame for 0\.200 s"),
    ],
)
def test_bad_output_refuses_the_clip(
    tmp_path: Path, encoder: Encoders, body: str, reason: str
) -> None:
    chosen = encoder(body)
    clips = _clips(tmp_path, [0.2])
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    extraction = extract(chosen, clips, store, quiet=True)
    (text,) = extraction.refused.values()
    assert text == reason.replace("\\", "")
    assert not store.keys()


def test_a_wrong_shape_names_both(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(f"{GOOD}[..., :3]")
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    with pytest.raises(
        CardError, match=r"declares \[1, frames, 4\], the encoder returned \[1, 20, 3\]"
    ):
        extract(chosen, _clips(tmp_path, [0.2]), store, quiet=True)


def test_a_bad_file_among_good_ones_stops_none(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(GOOD)
    clips = _clips(tmp_path, [0.2, 0.2, 0.01])
    (tmp_path / "wav" / "empty.wav").touch()
    clips[b"e" * 16] = Clip(tmp_path / "wav" / "empty.wav")
    clips[b"m" * 16] = Clip(tmp_path / "wav" / "missing.wav")
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    extraction = extract(chosen, clips, store, quiet=True)
    assert extraction.made == 2
    assert sorted(extraction.refused.values()) == [
        "the file does not exist",
        "the file is empty (0 bytes)",
        "too short: 0.010 s, slow needs 0.05 s",
    ]


def test_a_damaged_record_is_made_anew(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(GOOD)
    clips = _clips(tmp_path, [0.2] * 3)
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    extract(chosen, clips, store, quiet=True)
    complete = store.load(list(clips)).stacked().copy()
    data = bytearray((store.folder / "data.bin").read_bytes())
    data[40] ^= 4
    (store.folder / "data.bin").write_bytes(data)
    corrupt = [list(clips)[place] for place in store.load(list(clips)).corrupt]
    assert len(corrupt) == 1
    assert extract(chosen, clips, store, renew=corrupt, quiet=True).made == 1
    again = store.load(list(clips))
    assert not again.corrupt
    assert np.array_equal(again.stacked(), complete)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_the_same_to_the_byte(tmp_path: Path) -> None:
    environment = {**os.environ, "CALLS": str(tmp_path / "calls"), "SLOW": "0.03"}
    _clips(tmp_path, [0.2] * 40)

    def start(cache: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path), cache], env=environment)

    def files(cache: str) -> list[Path]:
        return [
            next(tmp_path.glob(f"{cache}/features/*/{name}.bin"), Path())
            for name in ("data", "index")
        ]

    assert start("undisturbed").wait(120) == 0
    (tmp_path / "calls").unlink()

    killed = start("killed")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        index = files("killed")[1]
        if index.name and index.stat().st_size >= INDEX_ENTRY * 8:
            break
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(10) == -signal.SIGKILL
    stored = files("killed")[1].stat().st_size // INDEX_ENTRY
    assert 8 <= stored < 40
    (tmp_path / "calls").unlink()

    assert start("killed").wait(120) == 0
    assert len((tmp_path / "calls").read_text()) == 40 - stored
    for item, other in zip(files("killed"), files("undisturbed"), strict=True):
        assert item.read_bytes() == other.read_bytes()


def test_the_plan_shows_the_disk_that_is_then_used(tmp_path: Path, encoder: Encoders) -> None:
    chosen = encoder(GOOD)
    clips = _clips(tmp_path, [0.2, 1.0, 0.4])
    clips[b"m" * 16] = Clip(tmp_path / "missing.wav")
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    planned = plan(chosen, FeatureSpec(), Extent.of(clips, store))
    assert (planned.clips, planned.missing, planned.refused) == (4, 3, 1)
    assert planned.seconds == pytest.approx(1.6)
    assert planned.time > 0
    assert planned.products["pooled"] == planned.disk == 3 * 2 * 4 * 4
    assert planned.products["frames"] == (160 + 3) * 4 * 4
    assert planned.products["frames, bfloat16"] == (160 + 3) * 4 * 2
    assert planned.products["frames, 10 Hz"] == (16 + 3) * 4 * 4
    extract(chosen, clips, store, quiet=True)
    assert (store.folder / "data.bin").stat().st_size == planned.disk
    after = plan(chosen, FeatureSpec(), Extent.of(clips, store))
    assert (after.missing, after.disk, after.time) == (0, 0, 0)
