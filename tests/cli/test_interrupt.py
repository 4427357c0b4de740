"""Ctrl-C in the middle of extraction: exit code 130, a word on how to go on, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paralbench.features.inventory import holdings
from tests.evaluation import toy

_SLOW = toy.ENCODER.replace(
    "    def forward(self, waveform):\n",
    "    def forward(self, waveform):\n"
    "        import os, time\n"
    "        time.sleep(0.3)\n"
    "        with open(os.environ['COUNTED'], 'a') as file:\n"
    "            file.write('.')\n",
)


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    catalog = toy.write_catalog(tmp_path / "catalog", encoder=_SLOW)
    data = toy.write_corpus(tmp_path / "data")
    counted, cache = tmp_path / "counted", tmp_path / "cache"
    command = [
        sys.executable, "-m", "paralbench", "run", "--json", "--catalog", str(catalog), "--data", f"toy={data}",
        "--task", "toy-tone", "--model", "bands", "--cache", str(cache), "--seeds", "2",
    ]  # fmt: skip
    environment = {**os.environ, "COUNTED": str(counted)}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while _kept(cache) < 4:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, output = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert "the same command continues from here" in output
    assert "Traceback" not in output
    stored = _kept(cache)
    total = toy.SPEAKERS * toy.EACH
    assert 4 <= stored < total
    assert not list(tmp_path.glob("leaderboard/results/*/*/*.json"))

    counted.write_text("")
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(counted.read_text()) == total - stored, "only what was missing is computed"
    (result,) = json.loads(done.stdout)
    assert (result["scored"], result["standing"]) == (total, "ranked")
    assert _kept(cache) == total


def _kept(cache: Path) -> int:
    return sum(holding.records for holding in holdings(cache))
