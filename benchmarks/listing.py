"""Listing a corpus of 100,000 files, and cutting participants out of interviews as long as DAIC-WOZ's."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
import psutil
import soundfile

from paralbench.audio import decoding
from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.records.example import Clip

ROWS = 100_000
RATE, MINUTES, TURNS, INTERVIEWS = 16000, 16, 150, 189
CUT = 12
"""How many of the 189 interviews are really cut; the others would be the same work again."""


def run() -> list[tuple[str, str]]:
    """Both in fresh folders; the interviews in a process of their own, whose peak memory is told."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_list(Path(folder)), *_cut(Path(folder))]


def _list(folder: Path) -> list[tuple[str, str]]:
    lines = ["path,target,speaker,session,text,sex,language"]
    lines += [
        f"audio/speaker{n % 1000:04d}/{n:07d}.wav,{'abcd'[n % 4]},{n % 1000},{n % 7},{n % 50},x,en"
        for n in range(ROWS)
    ]
    (folder / "manifest.csv").write_text("\n".join(lines))
    corpus = Catalog().corpus("manifest")
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        read(corpus, folder)
        seconds.append(time.perf_counter() - began)
    tracemalloc.start()
    kept = read(corpus, folder)
    size = tracemalloc.get_traced_memory()[0] / len(kept.examples)
    tracemalloc.stop()
    return [
        (f"listing {ROWS:,} rows, best of 3", f"{min(seconds):.2f} s"),
        ("memory an example", f"{size / 1e3:.2f} kB"),
    ]


def _cut(folder: Path) -> list[tuple[str, str]]:
    file = folder / "interview.wav"
    rng = np.random.default_rng(0)
    with soundfile.SoundFile(file, "w", RATE, 1, "PCM_16") as audio:
        for _ in range(MINUTES):
            audio.write(rng.normal(0, 0.05, 60 * RATE).astype(np.float32))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, heard, memory = pool.apply(_interviews, (file,))
    hours = CUT * MINUTES / 60
    return [
        (
            f"cutting {CUT} of {INTERVIEWS} interviews of {MINUTES} min into {TURNS} turns each",
            f"{hours / seconds:.2f} hours of recording a second ({heard / 3600:.2f} h of turns heard)",
        ),
        (
            f"all {INTERVIEWS}, at that speed",
            f"{INTERVIEWS * MINUTES / 60 * seconds / hours:.1f} s",
        ),
        ("memory it added at most", f"{memory:.1f} MB"),
    ]


def _interviews(file: Path) -> tuple[float, float, float]:
    """Seconds taken, seconds of audio heard, and MB by which the process grew meanwhile."""
    turns = np.linspace(0, 60 * MINUTES, TURNS + 1)
    lengths = np.random.default_rng(1).uniform(1, 60 * MINUTES / TURNS, TURNS)
    clips = [
        Clip(file, float(start), float(start + length))
        for start, length in zip(turns[:-1], lengths, strict=True)
    ]
    sum(map(len, decoding.blocks(Clip(file, 0.0, 0.1), RATE, 30.0)))  # loads what is loaded once
    process = psutil.Process()
    before = most = process.memory_info().rss
    samples = 0
    began = time.perf_counter()
    for _ in range(CUT):
        for clip in clips:
            samples += sum(map(len, decoding.blocks(clip, RATE, 30.0)))
        most = max(most, process.memory_info().rss)
    seconds = time.perf_counter() - began
    return seconds, samples / RATE, (most - before) / 1e6
