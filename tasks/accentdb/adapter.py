"""AccentDB: <accent>/speaker_<NN>/*.wav. Numbers start afresh in each accent.

Files that lie in no speaker's folder are read without a speaker, which the audit then reports.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

ACCENTS = {
    "american", "australian", "bangla", "british", "indian", "malayalam", "odiya", "telugu", "welsh",
}  # fmt: skip


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file."""
    for file in visible(root, "*/**/*.wav"):
        accent, *folders, _ = file.relative_to(root).parts
        if accent.lower() not in ACCENTS:
            yield Refusal(str(file), f"its accent is '{accent}', which is none of the nine")
            continue
        yield Example(
            id=file.relative_to(root).as_posix(),
            clips=(Clip(file),),
            labels={"accent": accent.lower()},
            groups={"speaker": f"{accent}/{folders[0]}"} if folders else {},
            source=str(file),
        )
