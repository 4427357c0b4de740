"""One speaker's turns of a conversation as Clips that lie within the recording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from paralbench.audio.decoding import header
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

SHORTEST = 0.1
"""Seconds. A shorter rest of a turn holds no syllable, and is too short for some encoders."""

Stretch = tuple[float, float]
"""From, to, in seconds."""


def without(stretches: Iterable[Stretch], hole: Stretch) -> list[Stretch]:
    """The stretches without what overlaps the hole, which may split one in two."""
    remaining = []
    for start, end in stretches:
        for piece in ((start, min(end, hole[0])), (max(start, hole[1]), end)):
            if piece[1] > piece[0]:
                remaining.append(piece)
    return remaining


def turns(path: Path, stretches: Iterable[Stretch]) -> tuple[Clip, ...]:
    """Stretches of a recording, cut off where it ends; those shorter than SHORTEST are left out.

    Reads the file's header and decodes nothing.

    Raises:
        Refused: where the file is no audio, or holds none of the stretches.
    """
    seconds = header(path).seconds
    inside = ((max(start, 0.0), min(end, seconds)) for start, end in stretches)
    clips = tuple(Clip(path, start, end) for start, end in inside if end - start >= SHORTEST)
    if not clips:
        raise Refused(f"none of its turns lies within the {seconds:.3f} s of {path.name}")
    return clips
