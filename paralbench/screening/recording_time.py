"""When a recording was made: from its list, else from the file's own metadata, else unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

COLUMN = "recorded"
"""The list's column with the date, or date and time, of a recording (ISO 8601)."""
_TAGS = ("creation_time", "date")
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


def from_metadata(path: Path) -> str | None:
    """The date or time in a file's tags (a BEXT chunk, LIST INFO, Vorbis comments, an MP4 header)."""
    import av

    try:
        with av.open(str(path)) as container:
            tags = {**container.metadata}
            for stream in container.streams.audio:
                tags |= stream.metadata
    except (av.error.FFmpegError, OSError, ValueError):
        return None
    by_name = {name.lower(): value for name, value in tags.items()}
    times = (normalised(by_name.get(name, "")) for name in _TAGS)
    return next((time for time in times if time is not None), None)


def of(attributes: Mapping[str, str], metadata: str | None) -> str | None:
    """The time in the list's column, else that of the metadata."""
    return normalised(attributes.get(COLUMN, "")) or metadata


def normalised(text: str) -> str | None:
    """A FHIR dateTime: a year, month or day, or a time with its zone; None for anything else.

    A time without a zone is only known to its day.

    >>> normalised("2026-01-02T03:04:05+01:00"), normalised("2026-01-02 03:04"), normalised("2026-13")
    ('2026-01-02T03:04:05+01:00', '2026-01-02', None)
    """
    text = text.strip()
    try:
        if _DATE.fullmatch(text):
            date.fromisoformat((text + "-01-01")[:10])
            return text
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds")
