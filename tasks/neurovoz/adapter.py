"""NeuroVoz: ``audios/PD_PATAKA_0004.wav``: group (HC or PD), what was said, person.

All recordings of a person are one Example: vowels, syllables, sentences and a monologue.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(r"(?P<group>HC|PD)_(?P<said>\w+)_(?P<number>\d+)")
_GROUPS = {"HC": "control", "PD": "parkinson"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a person, whose clips are in the order of their names."""
    people: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for file in visible(root, "audios/*.wav"):
        name = _NAME.fullmatch(file.stem)
        if name is None:
            reason = "expected a name as HC_A1_0034: HC or PD, what was said, person"
            yield Refusal(file.name, reason, str(file))
            continue
        people[name["group"], name["number"]].append(file)
    for (group, number), files in sorted(people.items()):
        yield Example(
            id=f"{group}_{number}",
            clips=tuple(map(Clip, files)),
            labels={"parkinson": _GROUPS[group]},
            groups={"speaker": f"{group}_{number}"},
            attributes={"language": "es"},
            source=str(files[0]),
        )
