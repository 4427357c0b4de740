"""Screening with Whisper tiny and a folded HRF head on two cores, against a plain transformers script."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import soundfile

from benchmarks.voice_prompts import write_weights
from paralbench.catalog import Catalog
from paralbench.synthetic.conversation import USUAL
from paralbench.synthetic.voice import Signal, speak, speaker

MODEL, HEAD, TASK = "whisper-tiny.en", "hrf-conformer", "adresso-diagnosis"
RATE, FILES, LONG = 16000, 12, 60
CORES = 2


def run() -> list[tuple[str, str]]:
    """Twelve recordings of a minute by both; one of a minute and one of an hour by ours alone."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        bundle = _bundle(work)
        write_weights(Catalog(), work / "weights")
        for folder, minutes in (("many", [1] * FILES), ("short", [1]), ("long", [LONG])):
            (work / folder).mkdir()
            for number, length in enumerate(minutes):
                soundfile.write(work / folder / f"{number:02}.wav", _voice(number, length), RATE)
        plain_seconds, plain_memory = _measured(
            ["-m", "benchmarks.plain_screening", str(work / "weights"), str(work / "many")]
        )
        found = {
            folder: _measured([
                "-m", "paralbench", "screen", str(bundle), str(work / folder),
                "-o", str(work / f"report-{folder}"), "--json",
            ])
            for folder in ("many", "short", "long")
        }  # fmt: skip
        statuses = [_statuses(work / f"report-{folder}") for folder in found]
    seconds, memory = found["many"]
    return [
        (f"{FILES} recordings of 1 min, start included", f"{FILES / seconds:.2f} hours a minute"),
        ("plain script", f"{FILES / plain_seconds:.2f} hours a minute"),
        ("plain / paralbench", f"{plain_seconds / seconds:.1f} (aim: 4)"),
        ("memory at most", f"{memory:.0f} MB (aim: 1000), plain {plain_memory:.0f} MB"),
        ("one recording of 1 min", "{:.1f} s, {:.0f} MB".format(*found["short"])),
        (f"one recording of {LONG} min", "{:.1f} s, {:.0f} MB".format(*found["long"])),
        ("what became of them", "; ".join(statuses)),
    ]


def _bundle(work: Path) -> Path:
    """A screener of synthetic voices, hardly trained: it is as fast as any."""
    corpus, bundle = work / "corpus", work / "screener.plb"
    results = work / "results"
    _paralbench("synth", "adresso", corpus)
    _paralbench(
        "run", "--task", TASK, "--model", MODEL, "--head", HEAD, "--data", f"adresso={corpus}",
        "--seeds", 1, "--set", "epochs=2", "--no-profile", "--results", results,
        "--cache", work / "cache",
    )  # fmt: skip
    result = results / MODEL / TASK / f"{HEAD}.synthetic.json"
    # An hour is more than such a head was validated on, and would be refused.
    use = work / "use.toml"
    use.write_text(f"[quality]\nlongest = {{ refuse = {2.0 * LONG * 60} }}\n", encoding="utf-8")
    _paralbench(
        "bundle", result, "-o", bundle, "--data", f"adresso={corpus}", "--members", 1,
        "--intended-use", use,
    )  # fmt: skip
    return bundle


def _paralbench(*words: object) -> None:
    command = [sys.executable, "-m", "paralbench", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)


def _voice(seed: int, minutes: int) -> Signal:
    """Somebody speaks for a minute, again and again, in other noise each time."""
    rng = np.random.default_rng(seed)
    who = speaker(rng, ("female", "male")[seed % 2])
    minute = speak(who, USUAL, 60.0, rng, RATE)
    voice = np.tile(minute, minutes)
    return np.asarray(voice + rng.normal(0, 1e-3, len(voice)), np.float32)


def _measured(words: list[str]) -> tuple[float, float]:
    """Seconds, and the most megabytes that the process and those it started had to themselves."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as told:
        process = psutil.Popen([sys.executable, *words], stdout=told, stderr=told, env=os.environ)
        process.cpu_affinity(list(process.cpu_affinity() or [])[:CORES])
        most = 0.0
        while process.poll() is None:
            most = max(most, _memory(process))
            time.sleep(0.2)
        seconds = time.perf_counter() - began
        if process.returncode not in (0, 1):
            told.seek(0)
            raise RuntimeError(told.read().decode())
    return seconds, most


def _memory(process: psutil.Process) -> float:
    """Megabytes of a process and all below it; what they share is counted once (PSS)."""
    total = 0.0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss / 1e6
    except psutil.Error:  # one ended meanwhile
        return 0.0
    return total


def _statuses(report: Path) -> str:
    """How many recordings had which status: one that is refused costs less."""
    import pyarrow.parquet as pq

    counts = pq.read_table(report / "results.parquet")["status"].value_counts().to_pylist()
    return ", ".join(f"{one['counts']} {one['values']}" for one in counts)
