"""Examines one recording: its hash, the screener's assessment, and the outline of its waveform."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.audio.decoding import as_stored, length
from paralbench.records.assessment import Assessment
from paralbench.records.errors import ParalbenchError, Refused
from paralbench.records.example import Clip
from paralbench.records.screened import Screened
from paralbench.screener.recordings import Recording
from paralbench.screening import recording_time
from paralbench.screening.screener_source import Assessor
from paralbench.system.digest import file_digest
from paralbench.system.third_party_code import third_party

_OUTLINE_POINTS = 240


@dataclass(frozen=True, slots=True)
class Job:
    """A recording to examine under ``name``, unless it is unchanged since ``done``.

    ``group`` is that of people whose conformal sets are used.
    """

    recording: Recording
    name: str
    done: Screened | None = None
    group: str = ""

    def result(
        self,
        sha256: str | None,
        assessment: Assessment,
        outline: list[int] | None = None,
        seconds: float = 0.0,
        recorded: str | None = None,
    ) -> Screened:
        """What the journal keeps of the recording."""
        clip = self.recording.clip
        return Screened(
            id=self.name, start=clip.start, end=clip.end, channel=clip.channel, sha256=sha256,
            assessment=assessment, sketch=outline or [], seconds=round(seconds, 3),
            recorded=recorded, group=self.group,
        )  # fmt: skip

    def is_current(self, sha256: str | None) -> bool:
        """Whether the earlier result is of the same clip of the same bytes, and not a failure."""
        clip = self.recording.clip
        return (
            self.done is not None
            and self.done.sha256 == sha256 is not None
            and (self.done.start, self.done.end, self.done.channel)
            == (clip.start, clip.end, clip.channel)
            and self.done.group == self.group
            and self.done.assessment.cause not in ("stopped", "failed")
        )


class Examiner:
    """Examines recordings with one screener.

    ``load`` is called for the first recording that needs it: a finished run loads nothing.
    """

    def __init__(self, load: Callable[[], Assessor]) -> None:
        self._load = load
        self._assessor: Assessor | None = None
        self._hashed: tuple[tuple[Path, int, int], str] | None = None

    def examine(self, job: Job) -> Screened | None:
        """The result, or None where the earlier one still holds. Raises as ``load`` does."""
        began = time.perf_counter()
        sha256 = self._sha256(job.recording.clip.path)
        if job.is_current(sha256):
            return None
        if self._assessor is None:
            self._assessor = self._load()
        assessment = assess(self._assessor, job.recording)
        waveform = outline(job.recording.clip)
        recorded = None
        if assessment.cause != "unreadable":
            recorded = recording_time.from_metadata(job.recording.clip.path)
        return job.result(sha256, assessment, waveform, time.perf_counter() - began, recorded)

    def _sha256(self, path: Path) -> str | None:
        """A file's hash; None where it cannot be read. A file of several clips is hashed once."""
        try:
            state = path.stat()
            key = (path, state.st_size, state.st_mtime_ns)
            if self._hashed is None or self._hashed[0] != key:
                self._hashed = key, file_digest(path)
        except (OSError, ValueError):  # a name that holds NUL is a ValueError
            return None
        return self._hashed[1]


def assess(assessor: Assessor, recording: Recording) -> Assessment:
    """A screener's assessment; where it fails or gives NaN, the recording is not scored."""
    try:
        with third_party("the screener"):
            assessment = assessor.assess(recording)
    except ParalbenchError as error:
        return Assessment("not scored", f"It could not be scored: {error}", "failed")
    except OSError as error:
        reason = error.strerror or str(error)
        return Assessment("not scored", f"The file could not be read: {reason}.", "unreadable")
    if not _is_finite(asdict(assessment)):
        return Assessment(
            "not scored",
            "The screener computed a value that is not a number, which is an error and never a "
            "score. Report it to whoever made the bundle.",
            "failed",
        )
    return assessment


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def outline(clip: Clip) -> list[int]:
    """The largest sample of each of 240 equal parts of a clip, in per cent of full scale.

    NaN counts as silence, a sample beyond full scale as full scale. A clip that cannot be decoded to
    its end gives what could be decoded; one that cannot be opened gives an empty list.
    """
    peaks = np.zeros(_OUTLINE_POINTS)
    try:
        with as_stored(clip) as (header, blocks):
            total = max(1, round(length(clip, header) * header.rate))
            start = 0
            for block in blocks:
                heights = np.nan_to_num(np.abs(block).max(axis=1), posinf=0.0).clip(0, 1)
                place = np.arange(start, start + len(block)) * _OUTLINE_POINTS // total
                parts, first = np.unique(np.minimum(place, _OUTLINE_POINTS - 1), return_index=True)
                peaks[parts] = np.maximum(peaks[parts], np.maximum.reduceat(heights, first))
                start += len(block)
    except Refused:
        if not peaks.any():
            return []
    return [round(100 * float(peak)) for peak in peaks]
