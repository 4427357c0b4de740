"""A small SVD in its true layout, planted errata included; the adapter's inverse.

Ill voices have more jitter, shimmer and breath, and are duller and softer. The electroglottogram is a
plain pulse train.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.nsp import write
from paralbench.synthetic.corpus import begin
from paralbench.synthetic.voice import Delivery, Speaker, speak, speaker

RATE = 50000
SESSIONS = (*range(1, 57), 139, 713, 980, 1697)
"""Sessions with recordings; every other one is pathological, and in the 20th the first person comes again."""

_HEAD = (
    "AufnahmeID,AufnahmeTyp,AufnahmeDatum,Diagnose,SprecherID,Geburtsdatum,Geschlecht,Pathologien"
)
_MIDWAY = 583414


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "svd", seed)
    table = [_HEAD]
    people: dict[int, tuple[str, Speaker]] = {}
    for place, session in enumerate(SESSIONS):
        who = 1 if session == 20 else session
        if who not in people:
            sex = "m" if rng.random() < 0.5 else "w"
            people[who] = (sex, speaker(rng, "male" if sex == "m" else "female", 45))
        sex, person = people[who]
        ill = place % 2 == 1
        pathological = f'p,2003-04-0{1 + place % 9},heiser,{who},1958-09-13,{sex},"Dysphonie, Kehlkopfentz\u00fcndung"'
        well = f"n,2003-04-0{1 + place % 9},,{who},1958-09-13,{sex},"
        table.append(f"{session},{pathological if ill else well}")
        _session(root / "data" / str(session), session, person, ill, rng)
    table.append("2618,n,2004-01-01,,2618,1960-01-01,m,")
    (root / "overview.csv").write_text("\n".join(table) + "\n", encoding="utf-8")


def _session(
    folder: Path, session: int, person: Speaker, ill: bool, rng: np.random.Generator
) -> None:
    how = (
        Delivery(breath=0.4, jitter=0.03, shimmer=0.2, tilt=0.8, loudness=-4) if ill else Delivery()
    )
    vowel = replace(how, range=0.1, pace=0.25, pause=0.0)
    for sound, seconds, spoken in (("phrase", 1.2, how), ("a_n", 0.8, vowel)):
        _pair(folder, session, sound, _voice(person, spoken, seconds, rng), session in (139, 1697)
              or (session == 980 and sound == "phrase"))  # fmt: skip
    if session == 980:
        voice = _voice(person, vowel, _MIDWAY / RATE + 0.5, rng)
        egg = _egg(len(voice))
        head = voice[:_MIDWAY], egg[:_MIDWAY]
        tail = egg[_MIDWAY:], voice[_MIDWAY:]
        place = folder / "vowels" / "980-iau"
        write(place.with_name("980-iau.nsp"), np.concatenate([head[0], tail[0]]), RATE)
        write(place.with_name("980-iau-egg.egg"), np.concatenate([head[1], tail[1]]), RATE)


def _pair(folder: Path, session: int, sound: str, voice: NDArray[np.int16], swapped: bool) -> None:
    place = folder / ("sentnces" if sound == "phrase" else "vowels")
    first, second = (_egg(len(voice)), voice) if swapped else (voice, _egg(len(voice)))
    for file, samples in (
        (place / f"{session}-{sound}.nsp", first),
        (place / f"{session}-{sound}-egg.egg", second),
    ):
        write(file, samples, RATE)
        if session == 713:
            content = file.read_bytes()
            data = content.index(b"SDA_")
            # The sizes of a recording that was never closed.
            file.write_bytes(
                content[:8] + bytes(4) + content[12 : data + 4] + bytes(4) + content[data + 8 :]
            )


def _voice(
    person: Speaker, how: Delivery, seconds: float, rng: np.random.Generator
) -> NDArray[np.int16]:
    return (32767 * speak(person, how, seconds, rng, RATE)).astype(np.int16)


def _egg(samples: int) -> NDArray[np.int16]:
    """A pulse every 10 ms; nothing of it says who is ill."""
    return (8000 * (np.arange(samples) % (RATE // 100) < 100)).astype(np.int16)
