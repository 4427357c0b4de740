"""Pitt corpus of DementiaBank: ``Control/cookie/002-0.mp3`` and its transcript ``002-0.cha``.

002 is the person and 0 the visit; some people came several times, and a number may stand in
both folders. Only the participant's utterances are used, by the times in the transcript.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.turns import Stretch, turns
from paralbench.records.errors import Refused
from paralbench.records.example import Example, Refusal

_NAME = re.compile(r"(?P<speaker>\d{3})-(?P<visit>\d+)")
_TIMES = re.compile(r"\x15(\d+)_(\d+)\x15")
"""From, to, in milliseconds, behind an utterance."""
_GROUPS = {"Control": "control", "Dementia": "dementia"}
_AUDIO = (".mp3", ".wav")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a visit; a recording that lies there as MP3 and as WAV is read once."""
    for folder, label in _GROUPS.items():
        files = [
            file for file in visible(root, f"{folder}/cookie/*") if file.suffix.lower() in _AUDIO
        ]
        names = set()
        for file in files:
            if file.stem not in names:
                names.add(file.stem)
                yield _visit(file, label)


def _visit(file: Path, label: str) -> Example | Refusal:
    name = _NAME.fullmatch(file.stem)
    if name is None:
        return Refusal(file.name, "expected a name as 002-0: person, visit", str(file))
    example = f"{label}/{name['speaker']}-{name['visit']}"
    transcript = file.with_suffix(".cha")
    if not transcript.is_file():
        reason = "its transcript (.cha) with the participant's times is missing beside it"
        return Refusal(example, reason, str(transcript))
    text = transcript.read_text(encoding="utf-8-sig", errors="replace")
    try:
        clips = turns(file, _participant(text))
    except Refused as reason:
        return Refusal(example, str(reason), str(transcript))
    return Example(
        id=example,
        clips=clips,
        labels={"dementia": label},
        groups={"speaker": name["speaker"]},
        attributes={"language": "en"} | _person(text),
        source=str(file),
    )


def _participant(text: str) -> list[Stretch]:
    """The times of what follows *PAR, up to the next line that starts a speaker or a tier."""
    stretches, speaking = [], False
    for line in text.splitlines():
        if line[:1] in "*%@":
            speaking = line.startswith("*PAR:")
        if speaking:
            stretches += [(int(a) / 1000, int(b) / 1000) for a, b in _TIMES.findall(line)]
    return stretches


def _person(text: str) -> dict[str, str]:
    """Age, sex and diagnosis from ``@ID: eng|Pitt|PAR|57;|male|ProbableAD||Participant|18||``."""
    line = next(
        (line for line in text.splitlines() if line.startswith("@ID:") and "|PAR|" in line), ""
    )
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) < 6:
        return {}
    values = {"age": cells[3].split(";")[0], "sex": cells[4], "diagnosis": cells[5]}
    return {name: value for name, value in values.items() if value}
