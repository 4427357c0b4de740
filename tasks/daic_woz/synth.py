"""A small DAIC-WOZ in its true layout, errata and quirks planted; the adapter's inverse.

Forty interviews. Depression is carried by the participant's range, pace, pauses, loudness, breath.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paralbench.synthetic.conversation import (
    DEPRESSED,
    Interviewer,
    Turn,
    burdened,
    converse,
    room,
)
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import Delivery, Signal, speak, speaker

PARTITIONS = {
    "train": [303, 304, 305, 310, 312, 313, 315, 318, 319, 321, 322, 325, 328, 338, 341, 345, 409,
              415, 440, 444],
    "dev": [302, 307, 331, 335, 346, 362, 367, 377],
    "test": [300, 301, 306, 308, 402, 408, 451, 458, 480, 481, 485, 487],
}  # fmt: skip
OFFSETS = {318: 34.319917, 321: 3.8379167, 341: 6.1892, 362: 16.8582}
INTERRUPTION = (286.0, 387.0)
"""Of 444, in seconds; the recording goes on until it is over."""

_ITEMS = "NoInterest,Depressed,Sleep,Tired,Appetite,Failure,Concentrating,Moving"
_FLAT, _WITHOUT_ELLIE, _MAC = {305, 308}, {451, 458, 480}, 487


@dataclass(frozen=True)
class _Person:
    number: int
    score: int
    female: bool
    items: list[int]


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "daic-woz", seed)
    ellie = Interviewer(rng)
    for partition, numbers in PARTITIONS.items():
        people = [_person(number, place, rng) for place, number in enumerate(numbers)]
        for person in people:
            _interview(root, person, ellie, rng)
        _tables(root, partition, people)


def _person(number: int, place: int, rng: np.random.Generator) -> _Person:
    """Every third is depressed; the eight items, 0 to 3 each, add up to the score."""
    score = int(rng.integers(12, 22) if place % 3 == 1 else rng.integers(0, 9))
    score = 10 if number == 409 else score
    dealt = rng.permutation(np.repeat(np.arange(8), 3))[:score]
    return _Person(number, score, bool(place % 2), np.bincount(dealt, minlength=8).tolist())


def _interview(root: Path, person: _Person, ellie: Interviewer, rng: np.random.Generator) -> None:
    who = speaker(rng, "female" if person.female else "male")
    how = burdened(DEPRESSED, person.score / 18, rng)
    signal, spoken = converse(ellie, who, how, rng.uniform(1.3, 2.2, 4).tolist(), rng)
    offset = OFFSETS.get(person.number, 0.0)
    chatter = speak(speaker(rng, "male"), Delivery(loudness=4), 1.5, rng)
    lead = np.concatenate([room(offset, rng), chatter])
    start = len(lead) / 16000
    turns = [Turn(turn.who, turn.start + start, turn.end + start) for turn in spoken]
    signal = np.concatenate([lead, signal])
    if person.number == 444:
        signal, turns = _interrupted(signal, turns, chatter)
    rows = [(offset, offset + 0.7, "Participant", "<synch>"),
            (offset + 0.7, start, "Participant", "is it running xxx")]  # fmt: skip
    rows += [_row(turn, number) for number, turn in enumerate(turns)]
    if person.number in _WITHOUT_ELLIE:
        rows = [rows[1], rows[0], *(row for row in rows[2:] if row[2] != "Ellie")]
    folder = root if person.number in _FLAT else root / f"{person.number}_P"
    write_wav(folder / f"{person.number}_AUDIO.wav", signal)
    _transcript(folder / f"{person.number}_TRANSCRIPT.csv", rows, offset)
    if person.number == _MAC:
        litter(folder / f"{person.number}_TRANSCRIPT.csv")


def _interrupted(signal: Signal, turns: list[Turn], chatter: Signal) -> tuple[Signal, list[Turn]]:
    """The interview, silence, and in the interruption a stranger whose row says Participant."""
    extended = np.zeros(round((INTERRUPTION[1] + 2) * 16000), dtype=np.float32)
    extended[: len(signal)] = signal
    at = INTERRUPTION[0] + 20
    extended[round(at * 16000) :][: len(chatter)] = chatter
    return extended, [*turns, Turn("participant", at, at + len(chatter) / 16000)]


def _row(turn: Turn, number: int) -> tuple[float, float, str, str]:
    if turn.who == "interviewer":
        return turn.start, turn.end, "Ellie", f"prompt_{number} (so how are you)"
    return turn.start, turn.end, "Participant", '<laughter> i said "okay" um'


def _transcript(file: Path, rows: list[tuple[float, float, str, str]], offset: float) -> None:
    lines = ["start_time\tstop_time\tspeaker\tvalue"]
    lines += [
        f"{start - offset:.3f}\t{end - offset:.3f}\t{who}\t{text}" for start, end, who, text in rows
    ]
    lines.append(f"{rows[-1][1] - offset:.3f}\t{rows[-1][1] - offset + 0.5:.3f}\t\t")
    file.write_text("\n".join([*lines, "", "\t\t\t", ""]), encoding="utf-8")


def _tables(root: Path, partition: str, people: list[_Person]) -> None:
    official = root / f"{partition}_split_Depression_AVEC2017.csv"
    if partition == "test":
        _csv(official, "participant_ID,Gender", [f"{p.number},{p.female:d}" for p in people])
        full = [f"{p.number},{p.score >= 10:d},{p.score},{p.female:d}" for p in people]
        _csv(root / "full_test_split.csv", "Participant_ID,PHQ_Binary,PHQ_Score,Gender", full)
        return
    items = ",".join(f"PHQ8_{item}" for item in _ITEMS.split(","))
    header = f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,{items}"
    _csv(official, header, [_cells(person) for person in people])


def _cells(person: _Person) -> str:
    binary = person.score >= 10 and person.number != 409
    items = list(map(str, person.items))
    if person.number == 319:
        items[2] = ""
    return ",".join([f"{person.number},{binary:d},{person.score},{person.female:d}", *items])


def _csv(file: Path, header: str, rows: list[str]) -> None:
    file.write_text("\r\n".join([header, *rows, "", ""]), encoding="utf-8")
