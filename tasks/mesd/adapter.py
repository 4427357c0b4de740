"""MESD: ``Anger_F_A_tarde.wav``: emotion, voice (female, male, child), word list, word.

Eleven people speak and the name does not say who; so no Example names its speaker.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^(?P<emotion>Anger|Disgust|Fear|Happiness|Neutral|Sadness)_(?P<voice>[FMC])_(?P<list>[AB])_(?P<word>.+)$"
)
_VOICES = {"F": "female", "M": "male", "C": "child"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    for file in visible(root, "*.wav"):
        name = _NAME.match(file.stem)
        if name is None:
            reason = "expected a name as Anger_F_A_tarde: emotion, voice (FMC), list (AB), word"
            yield Refusal(file.name, reason, str(file))
            continue
        yield Example(
            id=file.stem,
            clips=(Clip(file),),
            labels={"emotion": name["emotion"].lower()},
            groups={"text": name["word"].lower(), "voice": _VOICES[name["voice"]]},
            attributes={"voice": _VOICES[name["voice"]], "list": name["list"], "language": "es"},
            source=str(file),
        )
