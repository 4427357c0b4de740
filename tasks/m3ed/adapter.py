"""M3ED: annotation.json by drama, dialog and utterance; modality_speech/<A|B>_<utterance>.wav.

A and B are roles that start afresh in every dialog, so a speaker is a drama's character where the
dialog names one, and otherwise a role of this one dialog.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paralbench.corpora.tables import lines
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

HEADER = 44
"""Bytes of a WAV file without audio."""
EMPTY_FILES = 12
"""As many as the erratum knows of; a copy with more has lost its own."""
PARTITIONS = ("train", "val", "test")
EMOTIONS = {"happy", "neutral", "sad", "disgust", "anger", "fear", "surprise"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance, labelled with its main emotion."""
    file = root / "annotation.json"
    try:
        dramas: dict[str, Any] = json.loads(file.read_text(encoding="utf-8-sig"))
        dialogs = [
            (drama, dialog, content.get("SpeakerInfo", {}), content["Dialog"])
            for drama, of_drama in dramas.items()
            for dialog, content in of_drama.items()
        ]
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise ParalbenchError(f"{file}: expected M3ED's annotations as JSON: {error!r}.") from error
    split = {
        drama: part
        for part in PARTITIONS
        for drama, _ in lines(root / "splitInfo" / f"movie_list_{part}.txt")
    }
    audio = root / "modality_speech"
    empty = _empty(audio)
    for drama, dialog, people, turns in dialogs:
        for name, turn in turns.items():
            where = f"{file}: {drama} / {dialog} / {name}"
            try:
                role = turn["Speaker"].strip()
                emotion = turn["EmoAnnotation"]["final_main_emo"].strip().lower()
                person = people.get(role, {})
            except (AttributeError, KeyError, TypeError) as error:
                yield Refusal(name, f"expected Speaker and final_main_emo: {error!r}", where)
                continue
            if emotion not in EMOTIONS:
                yield Refusal(name, f"its emotion is '{emotion}', expected one of seven", where)
                continue
            if drama not in split:
                yield Refusal(name, "its drama is in no list of splitInfo", where)
                continue
            sound = f"{role}_{name}.wav"
            if sound in empty:
                erratum = "empty-files" if len(empty) <= EMPTY_FILES else ""
                yield Refusal(name, "its WAV file is empty", where, erratum)
                continue
            yield Example(
                id=name,
                clips=(Clip(audio / sound),),
                labels={"emotion": emotion},
                groups={
                    "speaker": f"{drama}/{_character(person) or f'{dialog}/{role}'}",
                    "dialog": dialog,
                    "drama": drama,
                },
                attributes=_attributes(person),
                partition=split[drama],
                source=where,
            )


def _empty(audio: Path) -> set[str]:
    """Names of the files without audio, from one look at the folder."""
    if not audio.is_dir():
        return set()
    with os.scandir(audio) as entries:
        return {file.name for file in entries if file.stat().st_size <= HEADER}


def _character(person: dict[str, Any]) -> str:
    return str(person.get("Name") or "").strip()


def _attributes(person: dict[str, Any]) -> dict[str, str]:
    values = {name.lower(): str(person.get(name) or "").strip() for name in ("Gender", "Age")}
    return {("sex" if name == "gender" else name): value for name, value in values.items() if value}
