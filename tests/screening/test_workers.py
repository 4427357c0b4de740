"""Worker processes: they have no network, by whichever call."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.records.example import Clip
from paralbench.screener.recordings import Recording
from paralbench.screening.examiner import Job
from paralbench.screening.workers import Workers
from tests.screening.fakes import online

MEANS = ("connect", "getaddrinfo", "gethostbyname", "sendmsg", "sendto")


@pytest.mark.slow
def test_no_call_reaches_the_network(tmp_path: Path) -> None:
    jobs = [Job(Recording(name, Clip(tmp_path / f"{name}.wav")), name) for name in MEANS]
    with Workers(online, 1, tmp_path / ".scratch") as workers:
        reasons = {job.name: result for job, result in workers.examined(jobs)}
    assert set(reasons) == set(MEANS)
    for name, result in reasons.items():
        assert result is not None, name
        assert result.assessment.cause == "failed", name
        assert "no network" in result.assessment.reason, name


def test_the_calls_succeed_outside_a_worker(tmp_path: Path) -> None:
    """Without the guard only a closed port refuses; so the guard is what the test above sees."""
    recording = Recording("sendto", Clip(tmp_path / "sendto.wav"))
    assert online().assess(recording).status == "scored"
    with pytest.raises(ConnectionRefusedError):
        online().assess(Recording("connect", Clip(tmp_path / "connect.wav")))
