"""EATD-Corpus: a folder a volunteer, with answers to a positive, a neutral and a negative question.

The folder is ``t_12`` or ``v_12`` at the root, ``12`` in ``train`` or ``validation``, or in the
authors' ``Data`` or ``ValidationData``. ``new_label.txt`` holds the SDS index, 25 to 100.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records import numeral
from paralbench.records.example import Clip, Example, Refusal

_FOLDER = re.compile(r"(?P<part>[tv])?_?(?P<number>\d+)")
_PARTS = {
    "train": "train",
    "Data": "train",
    "validation": "validation",
    "ValidationData": "validation",
}
_QUESTIONS = ("positive", "neutral", "negative")
_HEADER = 44
"""Bytes of a WAV header; the authors' readers expect answers without a sample."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a volunteer, whose clips are the three answers, denoised and without pauses."""
    for file in visible(root, "**/new_label.txt"):
        folder = _FOLDER.fullmatch(file.parent.name)
        part = folder and {"t": "train", "v": "validation"}.get(folder["part"] or "")
        part = part or _PARTS.get(file.parent.parent.name)
        if folder is None or part is None:
            reason = "expected a folder t_1 or v_1, or a number in train or validation"
            yield Refusal(file.parent.name, reason, str(file))
            continue
        yield _volunteer(f"{part}/{int(folder['number'])}", part, file)


def _volunteer(name: str, part: str, file: Path) -> Example | Refusal:
    text = file.read_text(encoding="utf-8-sig", errors="replace").strip()
    try:
        index = numeral.number(text)
    except ValueError:
        return Refusal(name, f"its new_label.txt says {text[:20]!r}, expected a number", str(file))
    answers = [file.with_name(f"{question}_out.wav") for question in _QUESTIONS]
    spoken = [answer for answer in answers if not _empty(answer)]
    if not spoken:
        return Refusal(name, "all three answers are empty", str(file))
    return Example(
        id=name,
        clips=tuple(map(Clip, spoken)),
        labels={"sds": index},
        groups={"speaker": name},
        attributes={"language": "zh"},
        partition=part,
        source=str(file),
    )


def _empty(file: Path) -> bool:
    return file.is_file() and file.stat().st_size <= _HEADER
