"""FluSense: flusense_data/<video>[_30_000-40_000].TextGrid and audio of the same name.

The stretch after the video's id is in seconds and milliseconds. Every labelled interval of the one
tier is an Example. Labels come with blanks around them, and names may begin with '-' or hold '_'.
"""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from paralbench.corpora.folders import nested, visible
from paralbench.corpora.manifest import AUDIO
from paralbench.corpora.textgrid import read_intervals
from paralbench.records.errors import Refused
from paralbench.records.example import Clip, Example, Refusal

EVENTS = {
    "cough", "sneeze", "sniffle", "throat-clearing", "speech", "etc", "silence", "gasp", "breathe",
    "hiccup", "burp", "vomit", "snore", "wheeze",
}  # fmt: skip
SHORTEST = 0.025
"""Seconds: one frame of an encoder. Two intervals of the corpus are shorter."""
_STRETCH = re.compile(r"_\d+_\d{3}-\d+_\d{3}$")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a labelled interval, whatever the label; the task's card chooses."""
    grids = nested(root, "flusense_data", ".")
    audio = nested(root, "flusense_audio", "audio", "flusense_data", ".")
    sounds = {file.stem: file for file in visible(audio, "*") if file.suffix.lower() in AUDIO}
    for grid in visible(grids, "*.TextGrid"):
        try:
            tiers = read_intervals(grid)
        except Refused as reason:
            yield Refusal(grid.stem, str(reason), str(grid))
            continue
        sound = sounds.get(grid.stem, audio / f"{grid.stem}.wav")
        for interval in chain.from_iterable(tiers.values()):
            label = interval.text.strip().lower()
            name = f"{grid.stem}@{interval.start:.3f}-{interval.end:.3f}"
            if not label:
                continue
            if label not in EVENTS:
                yield Refusal(name, f"its label is '{label}', which is no event we know", str(grid))
                continue
            if interval.end - interval.start < SHORTEST:
                brief = f"it is shorter than {SHORTEST * 1000:g} ms, one frame of an encoder"
                yield Refusal(name, brief, str(grid), erratum="too-short")
                continue
            yield Example(
                id=name,
                clips=(Clip(sound, interval.start, interval.end),),
                labels={"event": label},
                groups={"recording": grid.stem, "video": _STRETCH.sub("", grid.stem)},
                source=str(grid),
            )
