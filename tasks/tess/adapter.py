"""TESS: ``OAF_back_angry.wav``: speaker (the older or the younger woman), word, emotion.

Recordings lie flat or in folders such as ``OAF_angry``; a second copy below is read once. ps is pleasant
surprise.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^(?P<speaker>OA|YA)F?_(?P<word>[A-Za-z-]+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad)$"
)
_AGES = {"OA": "64", "YA": "26"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a name, the file nearest to the root."""
    files = sorted(visible(root, "**/*.wav"), key=lambda file: (len(file.parts), file))
    seen: set[str] = set()
    for file in files:
        name = _NAME.match(file.stem)
        if name is None:
            reason = "expected a name as OAF_back_angry: speaker, word, emotion"
            yield Refusal(file.name, reason, str(file))
            continue
        emotion = "surprise" if name["emotion"] == "ps" else name["emotion"]
        identity = f"{name['speaker']}F_{name['word'].lower()}_{emotion}"
        if identity in seen:
            continue
        seen.add(identity)
        yield Example(
            id=identity,
            clips=(Clip(file),),
            labels={"emotion": emotion},
            groups={"speaker": f"{name['speaker']}F", "text": name["word"].lower()},
            attributes={"sex": "female", "age": _AGES[name["speaker"]], "language": "en"},
            source=str(file),
        )
