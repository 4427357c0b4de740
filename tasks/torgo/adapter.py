"""TORGO: ``F01/Session1/wav_headMic/0001.wav`` and what was to be said, ``prompts/0001.txt``.

F and M have dysarthria; FC and MC are the controls. The speakers' folders may lie in F, M, FC and MC, as
the archives unpack. Of an utterance the head microphone is taken, the array where there is none.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_SPEAKER = re.compile(r"(?P<sex>[FM])(?P<control>C?)\d\d")
_NOT_SAID = re.compile(r"\[|\.jpg|input/|\bxxx\b", re.IGNORECASE)
"""Instructions in brackets, pictures to describe, and what nobody could read."""
_MICROPHONES = ("headMic", "arrayMic")
_HEADER = 44
"""Bytes of a WAV header; FC01/Session1/wav_arrayMic/0256.wav holds no sample."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance that has a prompt of words and a recording."""
    for session in visible(root, "**/Session*"):
        speaker = _SPEAKER.fullmatch(session.parent.name)
        if speaker is None or not session.is_dir():
            continue
        for prompt in visible(session, "prompts/*.txt"):
            words = prompt.read_text(encoding="utf-8", errors="replace").strip()
            recording = _recording(session, prompt.stem)
            if words and not _NOT_SAID.search(words) and recording is not None:
                yield _utterance(speaker, session, recording, words)


def _recording(session: Path, number: str) -> Path | None:
    for microphone in _MICROPHONES:
        file = session / f"wav_{microphone}" / f"{number}.wav"
        if file.is_file() and file.stat().st_size > _HEADER:
            return file
    return None


def _utterance(speaker: re.Match[str], session: Path, file: Path, words: str) -> Example:
    return Example(
        id=f"{speaker[0]}/{session.name}/{file.stem}",
        clips=(Clip(file),),
        labels={"dysarthria": "control" if speaker["control"] else "dysarthric"},
        groups={"speaker": speaker[0], "text": " ".join(words.lower().split())},
        attributes={
            "sex": {"F": "female", "M": "male"}[speaker["sex"]],
            "language": "en",
            "microphone": file.parent.name.removeprefix("wav_"),
        },
        source=str(file),
    )
