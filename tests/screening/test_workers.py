"""Worker processes: they have no network, by whichever call, and one heap for all threads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from paralbench.records.assessment import Assessment
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


@dataclass(frozen=True)
class Allocator:
    """Reports how C's allocator was set when the process started."""

    computed: str = "torch-fp32"

    def assess(self, recording: Recording) -> Assessment:
        """See :class:`paralbench.screening.screener_source.Assessor`."""
        names = ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_")
        return Assessment("not scored", " ".join(os.environ.get(name, "") for name in names))


def allocator(threads: int) -> Allocator:
    """Open it."""
    return Allocator()


@pytest.mark.slow
def test_threads_share_a_heap_unless_the_user_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = []
    for chosen in (None, "3"):
        monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
        if chosen is not None:
            monkeypatch.setenv("MALLOC_ARENA_MAX", chosen)
        with Workers(allocator, 1, tmp_path / ".scratch") as workers:
            job = Job(Recording("a", Clip(tmp_path / "a.wav")), "a")
            ((_, result),) = workers.examined([job])
        assert result is not None
        reasons.append(result.assessment.reason)
        assert os.environ.get("MALLOC_ARENA_MAX") == chosen
    assert reasons == ["1 131072", "3 131072"]
