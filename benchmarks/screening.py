"""Screening with Whisper tiny on two cores, against a plain transformers script: time and memory.

    python -m benchmarks screening

The aims: six minutes of audio in under half the plain script's time, an hour in under 30 s, at most
600 MB from one minute to three hours, a start in under 2 s. Seconds are by the clock, those of the
processors (user and system) beside them; on a machine with other work only the latter mean anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import soundfile

from benchmarks.voice_prompts import write_weights
from paralbench.catalog import Catalog
from paralbench.synthetic.conversation import USUAL
from paralbench.synthetic.voice import Signal, speak, speaker

MODEL, TASK = "whisper-tiny.en", "adresso-diagnosis"
HEADS = {"linear-probe": (), "hrf-conformer": ("--set", "epochs=2")}
"""The default head, which is the plain script's too, and a folded network that takes frames."""
RATE, CORES = 16000, 2
SIX, HOUR, LONGEST = "six", "hour", "longest"
MINUTES = {SIX: [1] * 6, "one": [1], "ten": [10], HOUR: [60], LONGEST: [180]}
FOLDERS = {"linear-probe": tuple(MINUTES), "hrf-conformer": (SIX, "one", "ten")}
"""A network's attention is over all frames: its time grows with the square of the length."""
TITLES = {"one": "one of a minute", "ten": "one of ten minutes", HOUR: "one of an hour",
          LONGEST: "one of three hours"}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processors, and the most megabytes of all processes together."""

    seconds: float
    processor: float
    memory: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor:.1f} s of processors), {self.memory:.0f} MB"


def run() -> list[tuple[str, str]]:
    """Both heads on recordings of several lengths, and the plain script on the six."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_weights(Catalog(), work / "weights")
        for folder, minutes in MINUTES.items():
            (work / folder).mkdir()
            for number, length in enumerate(minutes):
                soundfile.write(work / folder / f"{number:02}.wav", _voice(number, length), RATE)
        (work / "none").mkdir()
        (work / "none" / "empty.wav").touch()
        plain = _measured(
            ["-m", "benchmarks.plain_screening", str(work / "weights"), str(work / SIX)]
        )
        rows = [("plain script, six recordings of a minute", str(plain))]
        for head in HEADS:
            bundle = _bundle(work, head)
            costs = {
                folder: _measured([
                    "-m", "paralbench", "screen", str(bundle), str(work / folder),
                    "-o", str(work / f"report-{head}-{folder}"), "--json",
                ])
                for folder in ("none", *FOLDERS[head])
            }  # fmt: skip
            six = costs[SIX]
            rows += [
                (f"{head}: a file that is none, so the start", f"{costs['none']} (aim: 2 s)"),
                (f"{head}: six recordings of a minute", str(six)),
                (
                    "  plain / paralbench",
                    f"{plain.seconds / six.seconds:.2f} by the clock, "
                    f"{plain.processor / six.processor:.2f} of processors (aim: 2)",
                ),
                *(
                    (f"{head}: {title}", f"{costs[folder]} (aim: 600 MB; an hour in 30 s)")
                    for folder, title in TITLES.items()
                    if folder in costs
                ),
                ("  what became of them", _outcomes(work, head)),
            ]
        return rows


def _bundle(work: Path, head: str) -> Path:
    """A screener of synthetic voices, hardly trained: it is as fast as any."""
    corpus, bundle = work / "corpus", work / f"{head}.plb"
    results = work / "results"
    if not corpus.is_dir():
        _paralbench("synth", "adresso", corpus)
    _paralbench(
        "run", "--task", TASK, "--model", MODEL, "--head", head, "--data", f"adresso={corpus}",
        "--seeds", 1, *HEADS[head], "--no-profile", "--results", results, "--cache", work / "cache",
    )  # fmt: skip
    result = results / MODEL / TASK / f"{head}.synthetic.json"
    # So long a recording is more than a head of frames was validated on, and would be refused.
    use = work / "use.toml"
    use.write_text("[quality]\nlongest = { refuse = 14400.0 }\n", encoding="utf-8")
    _paralbench(
        "bundle", result, "-o", bundle, "--data", f"adresso={corpus}", "--members", 1,
        "--intended-use", use, "--cache", work / "cache",
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
    voice = np.tile(minute, minutes).astype(np.float32)
    return np.asarray(voice + 1e-3 * rng.standard_normal(len(voice), np.float32), np.float32)


def _measured(words: list[str]) -> Cost:
    """What a command costs, with all processes that it starts."""
    before, began = os.times(), time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen([sys.executable, *words], stdout=output, stderr=output)
        if hasattr(process, "cpu_affinity"):
            process.cpu_affinity(list(process.cpu_affinity() or [])[:CORES])
        most = 0.0
        while process.poll() is None:
            most = max(most, _memory(process))
            time.sleep(0.2)
        seconds, after = time.perf_counter() - began, os.times()
        if process.returncode not in (0, 1):
            output.seek(0)
            raise RuntimeError(output.read().decode())
    processor = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return Cost(seconds, processor, most)


def _memory(process: psutil.Process) -> float:
    """Megabytes of a process and all below it; what they share is counted once (PSS)."""
    total = 0.0
    try:
        for member in [process, *process.children(recursive=True)]:
            total += member.memory_full_info().pss / 1e6
    except psutil.Error:  # one ended meanwhile
        return 0.0
    return total


def _outcomes(work: Path, head: str) -> str:
    """How many recordings had which status: one that is refused costs less."""
    import pyarrow.parquet as pq

    outcomes = []
    for folder in FOLDERS[head]:
        table = pq.read_table(work / f"report-{head}-{folder}" / "results.parquet")
        counts = table["status"].value_counts().to_pylist()
        outcomes.append(", ".join(f"{row['counts']} {row['values']}" for row in counts))
    return "; ".join(outcomes)
