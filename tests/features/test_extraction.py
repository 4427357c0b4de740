"""Extraction with encoders made here: killed and resumed, damaged, wrong, too short."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.extraction import Extraction, extract, space
from paralbench.features.plan import plan
from paralbench.features.product import Product, clip_key
from paralbench.features.store import FeatureStore
from paralbench.records.errors import CardError
from paralbench.records.example import Clip

ADAPTER = """
import os, time
from pathlib import Path
import torch

class Slow:
    def encode(self, waveforms):
        with open(Path(__file__).with_name("calls.txt"), "a") as calls:
            calls.write("x")
        time.sleep(0.02)
        return [RETURNED for one in map(torch.from_numpy, waveforms)]

def load():
    return Slow()
"""
GOOD = "one[: len(one) // 100 * 100].reshape(1, -1, 100)[:, :, :4].contiguous()"
CARD = """
id = "slow"
title = "Slow"
backend = "python"
rate = 16000
layers = 1
width = 4
frame_rate = 160.0
parameters = 0
licence = "MIT"
citation = "None."
[policy]
window = WINDOW
shortest = 0.1
"""


def encoder(catalogue: Path, returned: str = GOOD, window: float = 30.0) -> LoadableEncoder:
    folder = catalogue / "models" / "slow"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "model.toml").exists():
        (folder / "adapter.py").write_text(ADAPTER.replace("RETURNED", returned), encoding="utf-8")
        (folder / "model.toml").write_text(CARD.replace("WINDOW", str(window)), encoding="utf-8")
    return loadable(Catalog([catalogue]).model("slow"))


def clips(folder: Path, seconds: Sequence[float]) -> dict[bytes, Clip]:
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for number, length in enumerate(seconds):
        file = folder / f"{number:03d}.wav"
        if not file.exists():
            noise = np.random.default_rng(number).normal(0, 0.1, round(16000 * length))
            soundfile.write(file, noise, 16000)
        found[clip_key(str(number), Clip(file))] = Clip(file)
    return found


def run(
    catalogue: Path, audio: Path, cache: Path, seconds: Sequence[float] = (0.4,) * 40
) -> Extraction:
    chosen = encoder(catalogue)
    return extract(chosen, clips(audio, seconds), store(chosen, cache), quiet=True)


def store(chosen: LoadableEncoder, cache: Path, product: Product | None = None) -> FeatureStore:
    return FeatureStore(cache, space(chosen, product or Product()))


def test_killed_and_resumed_equals_undisturbed(tmp_path: Path) -> None:
    chosen = encoder(tmp_path / "catalogue")
    calls = tmp_path / "catalogue" / "models" / "slow" / "calls.txt"
    assert run(tmp_path / "catalogue", tmp_path / "audio", tmp_path / "plain").made == 40
    calls.unlink()
    code = ("import importlib.util, sys; from pathlib import Path; "
            f"s = importlib.util.spec_from_file_location('t', {__file__!r}); "
            "m = importlib.util.module_from_spec(s); s.loader.exec_module(m); "
            "m.run(*map(Path, sys.argv[1:]))")  # fmt: skip
    killed = store(chosen, tmp_path / "killed")
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            code,
            *(str(tmp_path / name) for name in ("catalogue", "audio", "killed")),
        ]
    )
    end = time.monotonic() + 60
    while len(killed.index()) < 12 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    kept = len(killed.index())
    assert 12 <= kept < 40
    calls.unlink()
    assert run(tmp_path / "catalogue", tmp_path / "audio", tmp_path / "killed").made == 40 - kept
    assert len(calls.read_text()) == 40 - kept
    plain = store(chosen, tmp_path / "plain")
    for name in ("data.bin", "index.bin"):
        assert (killed.folder / name).read_bytes() == (plain.folder / name).read_bytes()


def test_damaged_record_is_made_anew(tmp_path: Path) -> None:
    chosen, found = encoder(tmp_path / "catalogue"), clips(tmp_path / "audio", (0.3, 0.3))
    kept = store(chosen, tmp_path / "cache")
    extract(chosen, found, kept, quiet=True)
    before = [array.copy() for array in kept.load(list(found)).arrays]
    content = bytearray((kept.folder / "data.bin").read_bytes())
    content[3] ^= 128
    (kept.folder / "data.bin").write_bytes(content)
    (bad,) = kept.load(list(found)).corrupt
    assert extract(chosen, found, kept, renew=[list(found)[bad]], quiet=True).made == 1
    after = kept.load(list(found))
    assert after.corrupt == []
    assert all(map(np.array_equal, before, after.arrays))


def test_encoder_that_returns_nan(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, f"({GOOD}) * (float('nan') if len(one) > 8000 else 1)")
    found = clips(tmp_path / "audio", (0.3, 0.7, 0.3))
    done = extract(chosen, found, store(chosen, tmp_path), quiet=True)
    assert done.made == 2
    assert done.refused == {list(found)[1]: "slow returned NaN or infinity"}


def test_encoder_of_the_wrong_shape(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, f"({GOOD})[:, :, :3]")
    with pytest.raises(
        CardError, match=r"its card says \[1, frames, 4\], the encoder returned \[1, 48, 3\]"
    ):
        extract(chosen, clips(tmp_path / "audio", (0.3,)), store(chosen, tmp_path), quiet=True)


def test_too_short_and_dropped_tail(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, window=1.0)
    found = clips(tmp_path / "audio", (0.05, 2.05, 2.5))
    kept = store(chosen, tmp_path)
    done = extract(chosen, found, kept, quiet=True)
    assert done.refused == {next(iter(found)): "too short: 0.050 s, slow needs 0.1 s"}
    loaded = kept.load(list(found)[1:])
    assert loaded.asked.tolist() == [2.05, 2.5]
    assert loaded.consumed.tolist() == [2.0, 2.5]
    assert loaded.frames.tolist() == [320, 400]
    frames = store(chosen, tmp_path, Product("frames"))
    extract(chosen, found, frames, quiet=True)
    for pooled, whole in zip(loaded.arrays, frames.load(list(found)[1:]).arrays, strict=True):
        assert np.allclose(pooled, np.stack([whole.mean(1), whole.std(1)], 1), atol=1e-6)


def test_plan_tells_what_is_then_written(tmp_path: Path) -> None:
    chosen, found = encoder(tmp_path, window=1.0), clips(tmp_path / "audio", (0.3, 1.7, 0.5))
    kept = store(chosen, tmp_path)
    told = plan(chosen, found, kept)
    extract(chosen, found, kept, quiet=True)
    assert told.disk == (kept.folder / "data.bin").stat().st_size == 3 * 2 * 4 * 4
    assert told.seconds == pytest.approx(2.5)
    assert told.time > 0
    assert plan(chosen, found, kept).missing == 0
