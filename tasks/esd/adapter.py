"""ESD: ``0001/Angry/0001_000351.wav``, perhaps with train, evaluation or test in between.

Speakers 0001 to 0010 speak Mandarin, 0011 to 0020 English. A speaker's 1750 recordings are 350 sentences
in five emotions, one emotion after the other; the folder says which. The tables beside them (0001.txt)
are in several encodings and are not needed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

EMOTIONS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
SENTENCES = 350
_NAME = re.compile(r"^(?P<speaker>00[0-2]\d)_(?P<number>\d{6})$")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    for file in visible(root, "00[0-2][0-9]/**/*.wav"):
        name = _NAME.match(file.stem)
        emotion = file.relative_to(root).parts[1]
        if name is None or emotion not in EMOTIONS:
            reason = (
                f"expected SPEAKER/EMOTION/SPEAKER_NUMBER.wav, EMOTION one of {', '.join(EMOTIONS)}"
            )
            yield Refusal(file.name, reason, str(file))
            continue
        language = "zh" if int(name["speaker"]) <= 10 else "en"
        yield Example(
            id=file.stem,
            clips=(Clip(file),),
            labels={"emotion": emotion},
            groups={
                "speaker": name["speaker"],
                "text": f"{language}-{(int(name['number']) - 1) % SENTENCES + 1:03d}",
            },
            attributes={"language": language},
            source=str(file),
        )
