"""A run, a leaderboard and a screening with everything hidden that Windows does not have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HIDING = Path(__file__).parents[1] / "windows"
REPOSITORY = HIDING.parents[1]
RESULTS = Path("leaderboard/results/log-mel")


@pytest.fixture
def paralbench(tmp_path: Path) -> Callable[..., str]:
    def run(*arguments: object, codes: tuple[int, ...] = (0,)) -> str:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HIDING), str(REPOSITORY)]),
            "PYTHONWARNDEFAULTENCODING": "1",
            "PARALBENCH_FORBIDDEN_NAMES": str(tmp_path / "names.txt"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "paralbench", *map(str, arguments)],
            env=environment, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout

    return run


def test_what_is_hidden_is_hidden(tmp_path: Path) -> None:
    """Otherwise the test below would pass for nothing."""
    ours = "exec(compile({!r}, 'x', 'exec'), {{'__name__': 'paralbench.x'}})"
    probes = [
        "import os; os.killpg",
        ours.format("import fcntl"),
        ours.format("open('/proc/meminfo', encoding='utf-8')"),
        ours.format(f"open({__file__!r})"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(HIDING), "PYTHONWARNDEFAULTENCODING": "1"}
    ends = [
        subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=False)
        for probe in probes
    ]  # fmt: skip
    kinds = ["AttributeError", "ImportError", "FileNotFoundError", "EncodingWarning"]
    for end, kind in zip(ends, kinds, strict=True):
        assert end.returncode == 1
        assert kind in end.stderr


@pytest.mark.slow
def test_run_leaderboard_and_screen_without_what_only_posix_has(
    paralbench: Callable[..., str], tones: Path, tmp_path: Path
) -> None:
    paralbench("run", "--task", "manifest", "--data", f"manifest={tones}", "--model", "log-mel")
    paralbench("errors", RESULTS / "manifest" / "linear-probe.json")
    assert "log-mel" in paralbench("leaderboard", "build")
    paralbench("profile", "--model", "log-mel", "--lengths", "3", "--budget", "1")
    corpus = tmp_path / "simusoe"
    paralbench("synth", "simusoe", corpus)
    data = ("--data", f"simusoe={corpus}")
    paralbench("run", "--task", "simusoe-screening", *data, "--model", "log-mel", "--no-profile")
    result = RESULTS / "simusoe-screening" / "linear-probe.synthetic.json"
    paralbench("bundle", result, "-o", "snores.plb", *data)
    paralbench("screen", "snores.plb", corpus, "-o", "report", "--workers", "2", codes=(0, 1))
    assert (tmp_path / "report" / "report.html").is_file()
    names = tmp_path / "names.txt"
    assert not names.exists(), names.read_text()
