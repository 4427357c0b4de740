"""Extraction: one pass over 10, 100 and 1,000 hours, and over 10,000 clips of 0.1 s.

Lengths are drawn (log-normal, 50 s on average, as sessions cut into turns have them) and cut out of
one real file, which is decoded anew for each clip; the encoder costs next to nothing, so what is
timed is plan, decoding, scheduling, pooling and store. Each size runs in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.plan import Extent, plan
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.example import Clip

HOURS = (10, 100, 1000)
RATE, FILE_SECONDS = 4000, 3600
SHORT_CLIPS = 10_000

CARD = f"""
id = "energy"
title = "Energy of each second"
backend = "python"
rate = {RATE}
layers = 1
width = 2
frame_rate = 1.0
parameters = 0
licence = "MIT"
citation = "none"
[policy]
shortest = 1.0
"""
ADAPTER = f"""
import torch

class Energy:
    def encode(self, waveforms):
        return [self.one(torch.from_numpy(w)) for w in waveforms]

    def one(self, w):
        power = w[: len(w) // {RATE} * {RATE}].view(-1, {RATE}).square().mean(1)
        return torch.stack([power, power.sqrt()], 1)[None]

def load():
    return Energy()
"""


def run() -> list[tuple[str, str]]:
    """Seconds and peak memory of each pass, the exponent fitted to them, and short clips a second."""
    told = [_in_process(str(hours)) for hours in HOURS]
    rows = [
        (f"{hours:,} hours, {one['clips']:,.0f} clips: plan, extraction, peak memory",
         f"{one['plan']:.1f} s, {one['extraction']:.1f} s, {one['peak']:.0f} MiB")
        for hours, one in zip(HOURS, told, strict=True)
    ]  # fmt: skip
    seconds = [one["plan"] + one["extraction"] for one in told]
    exponent = np.polyfit(np.log(HOURS), np.log(seconds), 1)[0]
    ratio = seconds[-1] / HOURS[-1] / (seconds[0] / HOURS[0])
    rows += [
        ("exponent of seconds over hours", f"{exponent:.2f} (aim: 1)"),
        ("an hour's cost in 1,000 hours / in 10", f"{ratio:.2f} (aim: at most 1)"),
        ("peak memory at 1,000 hours / at 10", f"{told[-1]['peak'] / told[0]['peak']:.2f}"),
    ]
    short = _in_process("short")
    rows.append((f"{SHORT_CLIPS:,} clips of 0.1 s, log-mel",
                 f"{SHORT_CLIPS / short['extraction']:,.0f} clips/s"))  # fmt: skip
    return rows


def _in_process(what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.extraction", what]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _pass(encoder: LoadableEncoder, clips: dict[bytes, Clip], root: Path) -> dict[str, float]:
    store = FeatureStore(root / "store", feature_key(encoder, FeatureSpec()))
    encoder.load()  # imports what is imported once
    began = time.perf_counter()
    planned = plan(encoder, store.key.spec, Extent.of(clips, store))
    between = time.perf_counter()
    done = extract(encoder, clips, store, quiet=True)
    ended = time.perf_counter()
    assert planned.missing == done.made == len(clips)
    return {
        "clips": len(clips), "plan": between - began, "extraction": ended - between,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def _hours(hours: float, root: Path) -> dict[str, float]:
    import soundfile

    folder = root / "catalog" / "models" / "energy"
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(CARD)
    (folder / "adapter.py").write_text(ADAPTER)
    rng = np.random.default_rng(0)
    soundfile.write(
        root / "hour.wav", rng.normal(0, 0.1, RATE * FILE_SECONDS), RATE, subtype="FLOAT"
    )
    clips: dict[bytes, Clip] = {}
    left = hours * 3600
    while left > 0:
        seconds = float(np.clip(rng.lognormal(np.log(40), 0.7), 1.0, 600.0))
        start = float(rng.uniform(0, FILE_SECONDS - seconds))
        clip = Clip(root / "hour.wav", start, start + seconds)
        clips[len(clips).to_bytes(16, "little")] = clip
        left -= seconds
    return _pass(loadable(Catalog([root / "catalog"]).model("energy")), clips, root)


def _short(root: Path) -> dict[str, float]:
    import soundfile

    noise = np.random.default_rng(0).normal(0, 0.1, 1600 * SHORT_CLIPS)
    soundfile.write(root / "all.wav", noise, 16000)
    clips = {
        number.to_bytes(16, "little"): Clip(root / "all.wav", number / 10, (number + 1) / 10)
        for number in range(SHORT_CLIPS)
    }
    return _pass(loadable(Catalog().model("log-mel")), clips, root)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        asked = sys.argv[1]
        print(json.dumps(_short(place) if asked == "short" else _hours(float(asked), place)))
