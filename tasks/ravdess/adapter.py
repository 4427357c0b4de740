"""RAVDESS: ``Actor_12/03-01-06-01-02-01-12.wav``, seven numbers that say everything.

Modality (03 audio), channel (01 speech, 02 song), emotion, intensity, statement, repetition, actor;
odd actors are men, even ones women.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^03-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<statement>0[12])"
    r"-(?P<repetition>0[12])-(?P<actor>\d\d)$"
)
_EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file name, speech and song; a second file of the same name is the same file."""
    files: dict[str, list[Path]] = {}
    # Shallow paths first: the second copy lies one folder deeper.
    for file in sorted(visible(root, "**/Actor_*/*.wav"), key=lambda found: len(found.parts)):
        files.setdefault(file.stem, []).append(file)
    for stem, copies in sorted(files.items()):
        name = _NAME.match(stem)
        if name is None:
            reason = (
                "expected seven numbers: 03-channel-emotion-intensity-statement-repetition-actor"
            )
            yield Refusal(copies[0].name, reason, str(copies[0]))
            continue
        yield _example(name, copies)


def _example(name: re.Match[str], copies: list[Path]) -> Example:
    return Example(
        id=name[0],
        clips=(Clip(copies[0]),),
        labels={"emotion": _EMOTIONS[int(name["emotion"]) - 1]},
        groups={"speaker": name["actor"], "text": name["statement"]},
        attributes={
            "sex": "male" if int(name["actor"]) % 2 else "female",
            "channel": "speech" if name["channel"] == "01" else "song",
            "intensity": "normal" if name["intensity"] == "01" else "strong",
            "language": "en",
        },
        source=str(copies[0]),
        errata=("doubled-folder",) if len(copies) > 1 else (),
    )
