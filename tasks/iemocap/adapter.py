"""IEMOCAP as released: Session{1..5}/dialog/EmoEvaluation/<dialog>.txt and sentences/wav.

``Ses01F_impro01_M000`` is utterance 000 of dialog ``Ses01F_impro01``, spoken by M. The F behind the
session is the actor who wore the markers, not the speaker; s3prl and torchaudio mix the two up.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from paralbench.records.example import Clip, Example, Refusal

_TURN = re.compile(
    r"^\[\d+\.?\d* - \d+\.?\d*\]\s+(?P<id>(?P<dialog>Ses\d\d\S*)_(?P<sex>[FM])[^\W_]+)\s+"
    r"(?P<emotion>\w+)\s+"
    r"\[(?P<valence>\d+\.?\d*), (?P<activation>\d+\.?\d*), (?P<dominance>\d+\.?\d*)\]\s*$"
)
_VOTE = re.compile(r"^C-E\d+:\s*(?P<choices>[^(]*)")
"""The choices of a rater. C-F1 and C-M1 are the actors' own, which do not count for the label either."""
CHOICES = {
    "neutral": "neu", "neutral state": "neu", "happiness": "hap", "excited": "exc", "sadness": "sad",
    "anger": "ang", "frustration": "fru", "surprise": "sur", "fear": "fea", "disgust": "dis",
}  # fmt: skip
"""A rater's words as the label has them; others are "oth"."""
_SCRIPT = re.compile(r"script\d\d_\d")
"""The lines of a scripted dialogue; a letter behind it is another take of the same lines."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance, whatever its emotion; tasks choose among them."""
    for session in sorted(root.glob("Session[1-5]")):
        # Not recursive: the folders below hold the single raters' votes.
        for file in sorted((session / "dialog" / "EmoEvaluation").glob("*.txt")):
            if not file.name.startswith("._"):
                yield from _dialog(session, file)


def _dialog(session: Path, file: Path) -> Iterator[Example | Refusal]:
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.startswith("["):
            continue
        where = f"{file}:{number}"
        turn = _TURN.match(line)
        if turn is None:
            yield Refusal(line[:40], "expected '[start - end] id emotion [v, a, d]'", where)
            continue
        yield _utterance(session, turn, _votes(lines[number:]), where)


def _votes(below: list[str]) -> Mapping[str, int]:
    """The raters' choices in the lines below a turn's, of which a rater may have several."""
    votes: Counter[str] = Counter()
    for line in below:
        if line.startswith("["):
            break
        if vote := _VOTE.match(line):
            choices = (choice.strip().lower() for choice in vote["choices"].split(";"))
            votes.update(CHOICES.get(choice, "oth") for choice in choices if choice)
    return votes


def _utterance(session: Path, turn: re.Match[str], votes: Mapping[str, int], where: str) -> Example:
    name, dialog, sex = turn["id"], turn["dialog"], turn["sex"]
    actors = dialog[:5]
    script = _SCRIPT.search(dialog)
    text = {"text": script[0]} if script else {}
    return Example(
        id=name,
        clips=(Clip(session / "sentences" / "wav" / dialog / f"{name}.wav"),),
        labels={
            "emotion": turn["emotion"],
            "valence": float(turn["valence"]),
            "arousal": float(turn["activation"]),
            "dominance": float(turn["dominance"]),
        },
        groups={"speaker": f"{actors}{sex}", "session": actors, "dialog": dialog} | text,
        attributes={
            "sex": "female" if sex == "F" else "male",
            "style": "improvised" if "impro" in dialog else "scripted",
        },
        source=where,
        votes={"emotion": votes} if votes else {},
    )
