"""EMO-DB: everything stands in the file name, ``wav/03a01Fa.wav``: speaker, text, emotion, version.

The emotion is a German initial: W is Wut (anger), F is Freude (happiness) and not fear, A is Angst.
EmoBox's folds (group "emobox-fold") are known where its lists lie below the root.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.emobox import test_folds
from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(r"^(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<emotion>[WLEAFTN])(?P<version>[a-f])$")
_EMOTIONS = {
    "W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "T": "sadness",
    "N": "neutral",
}  # fmt: skip
_PEOPLE = {
    "03": ("male", "31"), "08": ("female", "34"), "09": ("female", "21"), "10": ("male", "32"),
    "11": ("male", "26"), "12": ("male", "30"), "13": ("female", "32"), "14": ("female", "35"),
    "15": ("male", "25"), "16": ("female", "31"),
}  # fmt: skip


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    folds = test_folds(root, "emodb")
    for file in visible(root, "wav/*.wav"):
        name = _NAME.match(file.stem)
        if name is None:
            reason = "expected a name as 03a01Fa: speaker, text, emotion (WLEAFTN), version"
            yield Refusal(file.name, reason, str(file))
            continue
        sex, age = _PEOPLE.get(name["speaker"], ("unknown", "unknown"))
        yield Example(
            id=file.stem,
            clips=(Clip(file),),
            labels={"emotion": _EMOTIONS[name["emotion"]]},
            groups={"speaker": name["speaker"], "text": name["text"]}
            | ({"emobox-fold": folds[file.stem]} if file.stem in folds else {}),
            attributes={"sex": sex, "age": age, "language": "de"},
            source=str(file),
        )
