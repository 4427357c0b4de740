"""Hedgewars voice packs: <pack>/<Event><take>.ogg, a short exclamation for each event of the game.

A name without its trailing digits is the event. Packs that share a recording are one speaker, and
a recording that stands under several names is read once; these lists are errata of the card.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(r"^(?P<event>[A-Za-z]+(-[A-Za-z]+)*)\d*$")
_LANGUAGE = re.compile(r"_(es|pl|ru|uk)$")
_VOICES = {"Classic": "Default", "Russian_pl": "Default_pl"}
"""Packs that one voice spoke: most of what they hold is equal, or a speaker encoder hears no difference."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a recording."""
    card = CorpusCard.from_toml(Path(__file__).with_name("corpus.toml"))
    errata = {erratum.id: erratum for erratum in card.errata}
    copies, same = set(errata["copies"].subjects), errata["same-cry"].values
    speakers = {
        pack: packs.split()[0]
        for packs in errata["shared-voices"].subjects
        for pack in packs.split()
    }
    for file in visible(root, "*/*.ogg"):
        pack = file.parent.name
        recording = f"{pack}/{file.stem}"
        name = _NAME.match(file.stem)
        if recording in copies:
            continue
        if name is None:
            yield Refusal(recording, "expected a name as Ow2: event, number of the take", str(file))
            continue
        event = name["event"]
        applied = ["shared-voices"] if pack in speakers else []
        if event in same:
            applied.append("same-cry")
        language = _LANGUAGE.search(pack)
        yield Example(
            id=recording,
            clips=(Clip(file),),
            labels={"event": event, "voice": _VOICES.get(pack, pack)},
            groups={
                "speaker": speakers.get(pack, pack),
                "text": str(same.get(event, event)).lower(),
            },
            attributes={"language": language[1] if language else "en"},
            source=str(file),
            errata=tuple(applied),
        )
