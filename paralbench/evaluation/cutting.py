"""Cuts recordings that are one long clip into utterances before they are encoded.

The utterances are cached by the audio's digest, the detector and the policy: detection is slow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from paralbench.audio import decoding
from paralbench.audio.cutting import Cutting
from paralbench.audio.voice_activity import SHA256, VoiceActivity
from paralbench.records.errors import Refused
from paralbench.records.example import Clip, Example
from paralbench.system.atomic_file import write_atomically
from paralbench.system.progress import Progress


def cut(
    examples: Sequence[Example],
    keys: Mapping[Clip, bytes],
    policy: Cutting,
    cache: Path,
    quiet: bool = True,
) -> tuple[dict[str, tuple[Clip, ...]], dict[str, str]]:
    """Cut the examples that are one clip longer than the policy's ``from_seconds``.

    Returns:
        The utterances of each example that was cut, by id; and the reasons for refused examples.

    Raises:
        ParalbenchError: if the detector is not installed.
    """
    detector, method = VoiceActivity(), [SHA256, policy.model_dump(mode="json"), decoding.DECODING]
    cuts: dict[str, tuple[Clip, ...]] = {}
    refused: dict[str, str] = {}
    with Progress("finding utterances", len(examples), "recordings", quiet) as progress:
        for example in examples:
            clip = example.clips[0]
            try:
                length = decoding.length(clip) if len(example.clips) == 1 else 0.0
                if length > policy.from_seconds:
                    name = hashlib.sha256(keys[clip] + json.dumps(method).encode()).hexdigest()
                    file = cache / "utterances" / f"{name[:32]}.json"
                    if file.is_file():
                        spans = json.loads(file.read_text(encoding="utf-8"))
                    else:
                        utterances = detector.utterances(clip, length, policy)
                        if not utterances:
                            raise Refused("no speech was found in it")
                        spans = [[utterance.start, utterance.end] for utterance in utterances]
                        write_atomically(file, json.dumps(spans).encode())
                    cuts[example.id] = tuple(
                        Clip(clip.path, start, end, clip.channel) for start, end in spans
                    )
            except Refused as reason:
                refused[example.id] = f"{reason} [{clip.path.name}]"
            progress.step()
    return cuts, refused
