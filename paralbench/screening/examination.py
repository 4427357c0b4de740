"""One recording examined: its hash, what the screener says, its outline. Nothing stops the others."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from paralbench.records.assessment import Assessment
from paralbench.records.errors import ParalbenchError
from paralbench.records.screened import Screened
from paralbench.screener.recordings import Recording
from paralbench.screening.assessor import Assessor
from paralbench.screening.sketch import sketch
from paralbench.system.foreign_code import foreign

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Job:
    """A recording to examine under ``name``, unless it is still as it was when ``done``."""

    recording: Recording
    name: str
    done: Screened | None = None


class Examiner:
    """Examines recordings one after the other with one screener.

    ``opener`` is called when the first of them needs it: where all is done before, nothing is loaded.
    """

    def __init__(self, opener: Callable[[], Assessor]) -> None:
        self._opener = opener
        self._assessor: Assessor | None = None
        self._hashed: tuple[tuple[Path, int, int], str] | None = None

    def examine(self, job: Job) -> Screened | None:
        """What is found; None where what was done before still stands. Raises as the opener does."""
        began = time.perf_counter()
        sha256 = self._sha256(job.recording.clip.path)
        if current(job, sha256):
            return None
        if self._assessor is None:
            self._assessor = self._opener()
        found = assess(self._assessor, job.recording)
        return screened(job, sha256, found, sketch(job.recording.clip), time.perf_counter() - began)

    def _sha256(self, path: Path) -> str | None:
        """A file's hash; None where it cannot be read. Clips of one file are hashed once."""
        try:
            state = path.stat()
            key = (path, state.st_size, state.st_mtime_ns)
            if self._hashed is not None and self._hashed[0] == key:
                return self._hashed[1]
            found = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
        except (OSError, ValueError):  # a name that holds NUL is a ValueError
            return None
        self._hashed = key, found.hexdigest()
        return self._hashed[1]


def current(job: Job, sha256: str | None) -> bool:
    """Whether what was done before is of the same clip of the same bytes."""
    done, clip = job.done, job.recording.clip
    return (
        done is not None
        and sha256 is not None
        and done.sha256 == sha256
        and (done.start, done.end, done.channel) == (clip.start, clip.end, clip.channel)
        and done.assessment.cause not in ("stopped", "failed")
    )


def screened(
    job: Job,
    sha256: str | None,
    found: Assessment,
    outline: list[int] | None = None,
    seconds: float = 0.0,
) -> Screened:
    """A line of the journal."""
    clip = job.recording.clip
    return Screened(
        id=job.name,
        start=clip.start,
        end=clip.end,
        channel=clip.channel,
        sha256=sha256,
        assessment=found,
        sketch=outline or [],
        seconds=round(seconds, 3),
    )


def assess(assessor: Assessor, recording: Recording) -> Assessment:
    """What a screener says; what goes wrong in it, and a score that is no number, is not scored."""
    try:
        with foreign("the screener"):
            found = assessor.assess(recording)
    except ParalbenchError as error:
        return Assessment("not scored", f"It could not be scored: {error}", "failed")
    except OSError as error:
        said = error.strerror or str(error)
        return Assessment("not scored", f"The file could not be read: {said}.", "unreadable")
    if not all(math.isfinite(number) for number in _numbers(found)):
        return Assessment(
            "not scored",
            "The screener's answer holds a value that is not a number; that is an error, never a "
            "score. Tell whoever made the bundle.",
            "failed",
        )
    return found


def _numbers(found: Assessment) -> list[float]:
    """Every number in an assessment."""
    told: list[object] = [found.probability, found.value, found.low, found.high, found.distance]
    told += [part for one in found.stretches for part in (one.start, one.end, one.weight)]
    if found.quality is not None:
        told += [getattr(found.quality, one.name) for one in fields(found.quality)]
    return [one for one in told if isinstance(one, float)]
