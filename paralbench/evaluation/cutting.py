"""Recordings that come as one long clip, cut into utterances before they are encoded.

What was found is kept by the audio's digest, the detector and the policy: listening takes a while.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from paralbench.audio import decoding
from paralbench.audio.cutting import Cutting
from paralbench.audio.voice_activity import SHA256, VoiceActivity
from paralbench.evaluation.preparation import Preparation
from paralbench.records.errors import Refused
from paralbench.records.example import Clip, Example
from paralbench.system.progress import Progress


@dataclass(frozen=True)
class Cut:
    """The clips of each example that was cut, by its id; and those that cannot be, and why."""

    clips: dict[str, tuple[Clip, ...]]
    refused: dict[str, str]


def cut(prepared: Preparation, policy: Cutting, cache: Path, quiet: bool = True) -> Cut:
    """Cut the examples that are one clip longer than the policy's ``from_seconds``.

    Raises:
        ParalbenchError: where the detector is not installed.
    """
    detector = VoiceActivity()
    found = Cut({}, {})
    examples = prepared.selection.examples
    with Progress("finding utterances", len(examples), "recordings", quiet) as progress:
        for example in examples:
            try:
                if _long(example, policy):
                    spans = _spans(prepared, example.clips[0], policy, cache, detector)
                    found.clips[example.id] = spans
            except Refused as reason:
                found.refused[example.id] = f"{reason} [{example.clips[0].path.name}]"
            progress.step()
    return found


def _long(example: Example, policy: Cutting) -> bool:
    return len(example.clips) == 1 and decoding.length(example.clips[0]) > policy.from_seconds


def _spans(
    prepared: Preparation, clip: Clip, policy: Cutting, cache: Path, detector: VoiceActivity
) -> tuple[Clip, ...]:
    told = json.dumps([SHA256, policy.model_dump(mode="json"), decoding.DECODING])
    name = hashlib.sha256(prepared.key(clip) + told.encode()).hexdigest()[:32]
    file = cache / "utterances" / f"{name}.json"
    if file.is_file():
        spans = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Clip(clip.path, start, end, clip.channel) for start, end in spans)
    clips = detector.utterances(clip, policy)
    if not clips:
        raise Refused("nobody was heard to speak in it")
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps([[one.start, one.end] for one in clips]), encoding="utf-8")
    scratch.replace(file)
    return tuple(clips)
