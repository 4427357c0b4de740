"""Androids: ``Reading-Task/audio/HC/01_CF56_1.wav`` and the participant's turns of an interview,
``Interview-Task/audio_clip/01_CF56_1/01_CF56_1_1.wav``.

The name is number, condition (C or P), sex, age, education. The same number is one person among the
controls and another among the patients. ``fold-lists.csv`` has the authors' folds of both tasks.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested, visible
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(r"(?P<number>\d\d)_(?P<condition>[CP])(?P<sex>[FM])(?P<age>\d\d)_[1-4X]")
_CONDITIONS = {"C": "control", "P": "depressed"}
_SEXES = {"F": "female", "M": "male"}
_FOLDS = {"reading": range(5), "interview": range(7, 12)}
"""The columns of the folds; two empty ones stand between the tasks."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a participant and task."""
    folds = _folds(nested(root, "fold-lists.csv", "fold-list.csv"))
    for file in visible(root, "Reading-Task/**/*.wav"):
        yield _example("reading", file, (Clip(file),), folds)
    for folder in visible(root, "Interview-Task/audio_clip/*"):
        turns = sorted(visible(folder, "*.wav"), key=_turn)
        if turns:
            yield _example("interview", folder, tuple(map(Clip, turns)), folds)


def _turn(file: Path) -> tuple[int, str]:
    number = file.stem.rsplit("_", 1)[-1]
    return (int(number) if number.isdecimal() else 0, file.stem)


def _folds(table: Path) -> dict[str, str]:
    """The fold of each "task/name", counted from 1."""
    names = [str(column) for column in range(12)]
    folds = {}
    for cells, _ in rows(table, names=names, delimiter=","):
        for task, columns in _FOLDS.items():
            for fold, column in enumerate(columns, start=1):
                if name := _NAME.search(cells[str(column)]):
                    folds[f"{task}/{name[0]}"] = str(fold)
    return folds


def _example(
    task: str, place: Path, clips: tuple[Clip, ...], folds: dict[str, str]
) -> Example | Refusal:
    name = _NAME.fullmatch(place.stem)
    if name is None:
        reason = "expected a name as 01_CF56_1: number, C or P with sex and age, education"
        return Refusal(f"{task}/{place.name}", reason, str(place))
    example = f"{task}/{name[0]}"
    speaker = f"{name['number']}_{name['condition']}"
    fold = {"fold": folds[example]} if example in folds else {}
    return Example(
        id=example,
        clips=clips,
        labels={"depression": _CONDITIONS[name["condition"]]},
        groups={"speaker": speaker} | fold,
        attributes={
            "task": task,
            "sex": _SEXES[name["sex"]],
            "age": name["age"],
            "language": "it",
        },
        source=str(place),
    )
