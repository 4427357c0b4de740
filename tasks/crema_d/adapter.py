"""CREMA-D: ``AudioWAV/1001_DFA_ANG_XX.wav``: actor, sentence, intended emotion, level.

``processedResults/summaryTable.csv`` holds the listeners' majority, ``tabulatedVotes.csv`` beside it
how many chose each emotion, ``VideoDemographics.csv`` the actors; all may be missing. Where EmoBox's
lists lie below the root, its split is the partition.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.emobox import test_folds
from paralbench.corpora.folders import visible
from paralbench.corpora.tables import rows
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.example import Clip, Example, Refusal

_NAME = re.compile(
    r"^(?P<actor>1\d{3})_(?P<sentence>[A-Z]{3})_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>XX|LO|MD|HI)$"
)
_EMOTIONS = {"A": "ANG", "D": "DIS", "F": "FEA", "H": "HAP", "N": "NEU", "S": "SAD"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a file, whatever the copy calls it."""
    card = CorpusCard.from_toml(Path(__file__).with_name("corpus.toml"))
    errata = {erratum.id: erratum for erratum in card.errata}
    renamed = {old: str(new) for old, new in errata["one-x-name"].values.items()}
    majority, votes, actors = _majority(root), _votes(root), _actors(root)
    tested = test_folds(root, "cremad")
    for file in visible(root, "AudioWAV/*.wav"):
        name = renamed.get(file.stem, file.stem)
        parsed = _NAME.match(name)
        if parsed is None:
            reason = "expected a name as 1001_DFA_ANG_XX: actor, sentence, emotion, level"
            yield Refusal(file.name, reason, str(file))
        elif name in errata["silent-file"].subjects:
            yield Refusal(name, errata["silent-file"].says, str(file), erratum="silent-file")
        else:
            labels = {"emotion": parsed["emotion"]}
            # A tie, such as A:D, is no label.
            if majority.get(name) in _EMOTIONS:
                labels["perceived"] = _EMOTIONS[majority[name]]
            yield Example(
                id=name,
                clips=(Clip(file),),
                labels=labels,
                groups={"speaker": parsed["actor"], "text": parsed["sentence"]},
                attributes={"level": parsed["level"], "language": "en"}
                | actors.get(parsed["actor"], {}),
                partition=_part(tested, name.replace("_", "-")),
                source=str(file),
                errata=("one-x-name",) if name != file.stem else (),
                votes={"perceived": votes[name]} if name in votes else {},
            )


def _votes(root: Path) -> dict[str, dict[str, int]]:
    """How many listeners chose each emotion from the voice alone.

    The number of a row is 100000 times 1 for the voice, 2 for the face and 3 for both, and the clip's.
    """
    table = root / "processedResults" / "tabulatedVotes.csv"
    if not table.is_file():
        return {}
    return {
        cells["fileName"]: {name: int(cells[letter]) for letter, name in _EMOTIONS.items()}
        for cells, _ in rows(table, ("", "fileName", *_EMOTIONS))
        if cells[""].startswith("1")
    }


def _majority(root: Path) -> dict[str, str]:
    """The majority's vote on each file from the voice alone, letters joined by ':' for a tie."""
    table = root / "processedResults" / "summaryTable.csv"
    if not table.is_file():
        return {}
    lowered = ({key.lower(): value for key, value in cells.items()} for cells, _ in rows(table))
    return {cells["filename"]: cells["voicevote"] for cells in lowered if cells.get("voicevote")}


def _actors(root: Path) -> dict[str, dict[str, str]]:
    table = root / "VideoDemographics.csv"
    if not table.is_file():
        return {}
    return {
        cells["ActorID"]: {"sex": cells["Sex"].lower(), "age": cells["Age"]}
        for cells, _ in rows(table, ["ActorID", "Age", "Sex"])
    }


def _part(tested: dict[str, str], key: str) -> str | None:
    """EmoBox's single fold: a quarter of the files is tested, the rest trains."""
    if not tested:
        return None
    return "emobox-test" if key in tested else "emobox-train"
