"""The verb as a process: killed, run twice at once, and watched for what it touches."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paralbench.screening.journal import NAME as JOURNAL
from tests.screener.bad_recordings import KINDS, write
from tests.screening.fakes import tones

ROOT = Path(__file__).parents[2]


def _start(*words: object, **environment: object) -> subprocess.Popen[str]:
    known = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.screening.command", *map(str, words)],
        env=known | {name: str(value) for name, value in environment.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_interruptible,
    )


def _interruptible() -> None:
    """What a shell starts in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run(*words: object, **environment: object) -> tuple[int, str, str]:
    started = _start(*words, **environment)
    output, errors = started.communicate(timeout=100)
    return started.returncode, output, errors


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    tones(tmp_path / "in", 30)
    bads = [bad for bad in KINDS if bad.kind in ("empty", "text", "lfs-pointer", "odd-name-empty")]
    for bad in bads:
        write(tmp_path / "in", bad)
    calm, report = tmp_path / "calm", tmp_path / "report"
    code, _, errors = _run(tmp_path / "in", "-o", calm, "--workers", 1)
    assert code == 1
    assert "not scored (unreadable" in errors
    rng = random.Random(0)
    for stop in (0, 12):
        started = _start(tmp_path / "in", "-o", report, "--workers", 2, WAIT=0.03)
        while _lines(report / JOURNAL) < stop and started.poll() is None:
            time.sleep(0.005)
        time.sleep(rng.random() * 0.1)
        started.send_signal(signal.SIGKILL)
        started.communicate()
    assert not (report / "results.csv").exists()
    code, output, _ = _run(tmp_path / "in", "-o", report, "--workers", 2, "--json")
    assert code == 1
    assert 0 < json.loads(output)["fresh"] < 30 + len(bads)
    for name in ("results.csv", "results.parquet"):
        assert (report / name).read_bytes() == (calm / name).read_bytes()
    with (report / "results.csv").open(newline="") as file:
        names = [row["id"] for row in csv.DictReader(file)]
    assert len(set(names)) == len(names) == 30 + len(bads)
    assert not list(report.rglob("*.part"))
    assert not (report / ".scratch").exists()
    code, output, _ = _run("--verify-audit", report)
    assert (code, "intact" in output) == (0, True)
    log = report / "audit.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:5] + lines[6:]))
    code, output, _ = _run("--verify-audit", report)
    assert code == 1
    assert "not intact: line 6" in output


@pytest.mark.slow
def test_a_second_run_at_once_is_refused_politely(tmp_path: Path) -> None:
    tones(tmp_path / "in", 6)
    first = _start(tmp_path / "in", "-o", tmp_path / "report", "--workers", 1, WAIT=0.5)
    while not (tmp_path / "report" / JOURNAL).exists():
        time.sleep(0.02)
    code, _, errors = _run(tmp_path / "in", "-o", tmp_path / "report")
    assert code == 3
    assert f"another run is writing there (process {first.pid})" in errors
    assert "Traceback" not in errors
    first.communicate(timeout=60)
    assert first.returncode == 0


@pytest.mark.slow
def test_no_socket_and_nothing_written_outside_the_folder(tmp_path: Path) -> None:
    tones(tmp_path / "in", 3)
    table = tmp_path / "in" / "list.csv"
    table.write_text("path,mood\n" + "".join(f"r{n:04}.wav,low\n" for n in range(3)))
    seen, report = tmp_path / "seen.txt", tmp_path / "report"
    seen.touch()
    code, _, errors = _run(table, "-o", report, "--truth", "mood", "--fhir", WATCH=seen)
    assert code == 0, errors
    did = [line.split("\t") for line in seen.read_text().splitlines()]
    assert [what for event, what in did if event == "open" and what.endswith("journal.jsonl")]
    assert not [event for event, _ in did if event.startswith("socket.")]
    outside = {what for _, what in did if not Path(what).is_relative_to(report)}
    assert outside <= {os.devnull, str(seen)}, outside


def test_what_a_process_is_watched_for_is_seen(tmp_path: Path) -> None:
    """The watching itself: a socket and a file outside are noticed."""
    seen = tmp_path / "seen.txt"
    code = (
        "from tests.screening.command import watch; import socket, pathlib; "
        f"watch({str(seen)!r}); socket.socket().close(); pathlib.Path({str(tmp_path / 'x')!r}).touch()"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert {line.split("\t")[0] for line in seen.read_text().splitlines()} >= {
        "socket.__new__",
        "open",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give -o DIR"),
        (("-o", "{}/report"), "give recordings, or --serve"),
        (("{}/in", "-o", "{}/report", "--workers", "0"), "expects 1 or more, got 0"),
        (("{}/in", "-o", "{}/report", "--salt", "x"), "need --pseudonymise"),
        (("{}/nowhere", "-o", "{}/report"), "there is nothing"),
        (("{}/in", "-o", "{}/report", "--truth", "mood"), "needs a CSV"),
    ],
)
def test_wrong_usage_is_reported(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    tones(tmp_path / "in", 1, 0.1)
    code, _, errors = _run(*(word.format(tmp_path) for word in words))
    assert code == 2
    assert message in errors
    assert not (tmp_path / "report" / JOURNAL).exists()


@pytest.mark.slow
def test_a_stop_by_hand_ends_the_processes_and_keeps_what_is_done(tmp_path: Path) -> None:
    tones(tmp_path / "in", 30)
    started = _start(tmp_path / "in", "-o", tmp_path / "report", "--workers", 1, WAIT=0.2)
    while _lines(tmp_path / "report" / JOURNAL) < 4:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=10)
    assert started.returncode == 130
    assert "continues from here" in errors
    assert "Traceback" not in errors
    code, output, _ = _run(tmp_path / "in", "-o", tmp_path / "report", "--json")
    assert code == 0
    assert json.loads(output)["fresh"] <= 28  # of 30
