"""SAVEE: ``DC/a01.wav``, or flat ``DC_a01.wav``: speaker, emotion, number of the sentence.

sa is sadness and su surprise; a single s is nothing.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(r"^((?P<speaker>DC|JE|JK|KL)_)?(?P<emotion>a|d|f|h|n|sa|su)(?P<number>\d\d)$")
_EMOTIONS = {
    "a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness",
    "su": "surprise",
}  # fmt: skip
_SPEAKERS = ("DC", "JE", "JK", "KL")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    for file in visible(root, "**/*.wav"):
        name = _NAME.match(file.stem)
        speaker = (name and name["speaker"]) or file.parent.name
        if name is None or speaker not in _SPEAKERS:
            reason = "expected a name as DC/a01 or DC_a01: speaker, emotion, number"
            yield Refusal(file.name, reason, str(file))
            continue
        yield Example(
            id=f"{speaker}_{name['emotion']}{name['number']}",
            clips=(Clip(file),),
            labels={"emotion": _EMOTIONS[name["emotion"]]},
            groups={"speaker": speaker},
            attributes={"sex": "male", "language": "en"},
            source=str(file),
        )
