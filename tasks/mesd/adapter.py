"""MESD: ``Anger_F_A_tarde.wav``: emotion, voice (female, male, child), word list, word.

Eleven people speak and the name does not say who; so no Example names its speaker.
Where EmoBox's lists lie below the root, its split is the partition.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.emobox import test_folds
from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^(?P<emotion>Anger|Disgust|Fear|Happiness|Neutral|Sadness)_(?P<voice>[FMC])_(?P<list>[AB])_(?P<word>.+)$"
)
_VOICES = {"F": "female", "M": "male", "C": "child"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    tested = test_folds(root, "mesd")
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
            partition=_part(tested, file.stem),
            source=str(file),
        )


def _part(tested: dict[str, str], key: str) -> str | None:
    """EmoBox's single fold: a quarter of the files is tested, the rest trains."""
    if not tested:
        return None
    return "emobox-test" if key in tested else "emobox-train"
