"""VIVAE: ``full_set/S01_achievement_low_01.wav``: speaker, emotion, intensity, number. No words."""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^(?P<speaker>S\d\d)_(?P<emotion>achievement|anger|fear|pain|pleasure|surprise)"
    r"_(?P<intensity>low|moderate|strong|peak)_(?P<number>\d+)$"
)


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file of the full set; the core set is a part of it."""
    for file in visible(root, "full_set/*.wav"):
        name = _NAME.match(file.stem)
        if name is None:
            reason = "expected a name as S01_fear_low_01: speaker, emotion, intensity, number"
            yield Refusal(file.name, reason, str(file))
            continue
        yield Example(
            id=file.stem,
            clips=(Clip(file),),
            labels={"emotion": name["emotion"], "intensity": name["intensity"]},
            groups={"speaker": name["speaker"]},
            attributes={"intensity": name["intensity"]},
            source=str(file),
        )
