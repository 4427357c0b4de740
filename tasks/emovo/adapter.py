"""EMOVO: everything stands in the file name, ``f1/dis-f1-b1.wav``: emotion, speaker, sentence."""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^(?P<emotion>neu|dis|gio|pau|rab|sor|tri)-(?P<speaker>[fm][1-3])-(?P<text>[bdln]\d)$"
)
_EMOTIONS = {
    "neu": "neutral", "dis": "disgust", "gio": "joy", "pau": "fear", "rab": "anger",
    "sor": "surprise", "tri": "sadness",
}  # fmt: skip


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    for file in visible(root, "**/*.wav"):
        name = _NAME.match(file.stem.lower())
        if name is None:
            reason = "expected a name as dis-f1-b1: emotion, speaker, sentence"
            yield Refusal(file.name, reason, str(file))
            continue
        yield Example(
            id=file.stem,
            clips=(Clip(file),),
            labels={"emotion": _EMOTIONS[name["emotion"]]},
            groups={"speaker": name["speaker"], "text": name["text"]},
            attributes={"sex": "female" if name["speaker"][0] == "f" else "male", "language": "it"},
            source=str(file),
        )
