"""A small IEMOCAP in its true layout, planted quirks included; the adapter's inverse.

Ten speakers in five sessions. The labels are carried by pitch, loudness, rate and voice quality.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import Speaker, speak, speaker

EMOTIONS = {"neu": 9, "ang": 7, "hap": 4, "exc": 6, "sad": 7, "fru": 3, "xxx": 3, "sur": 1}
"""Utterances of each emotion a speaker."""

_CATEGORIES = {
    "neu": "Neutral", "ang": "Anger", "hap": "Happiness", "exc": "Excited", "sad": "Sadness",
    "fru": "Frustration", "sur": "Surprise", "xxx": "Other",
}  # fmt: skip
_AROUSAL = {"ang": 4.0, "hap": 3.6, "exc": 4.2, "fru": 3.3, "neu": 2.5, "sad": 2.0, "sur": 3.9}
_VALENCE = {"ang": 1.8, "hap": 4.0, "exc": 4.2, "fru": 2.2, "neu": 2.9, "sad": 2.1, "sur": 3.2}
_DOMINANCE = {"ang": 4.2, "hap": 3.4, "exc": 3.7, "fru": 3.6, "neu": 2.9, "sad": 2.4, "sur": 3.2}
_APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "


@dataclass(frozen=True)
class _Turn:
    name: str
    emotion: str
    start: float
    end: float
    votes: list[tuple[int, int, int]]
    choices: list[str]


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "iemocap", seed)
    rater = np.random.default_rng([seed, 1])  # apart from the voices, which stay as they were
    for number in range(1, 6):
        actors = {sex: speaker(rng, "female" if sex == "F" else "male") for sex in "FM"}
        _session(root / f"Session{number}", number, actors, rng, rater)


def _session(
    folder: Path,
    number: int,
    actors: dict[str, Speaker],
    rng: np.random.Generator,
    rater: np.random.Generator,
) -> None:
    # The dialog's letter is the actor with the markers; both actors speak in every dialog.
    script = f"script0{2 - number % 2}_1"
    dialogs = [f"Ses0{number}F_impro01", f"Ses0{number}M_{script}", f"Ses0{number}M_{script}b"]
    turns: dict[str, list[_Turn]] = {dialog: [] for dialog in dialogs}
    clock = dict.fromkeys(dialogs, 5.0)
    for sex, emotion in _order(rng):
        dialog = dialogs[rng.integers(len(dialogs))]
        spoken = sum(turn.name.rsplit("_", 1)[1][0] == sex for turn in turns[dialog])
        name = f"{dialog}_{sex}{spoken:03d}"
        seconds = float(rng.uniform(1.2, 2.4))
        signal = speak(actors[sex], delivery(emotion, rng), seconds, rng)
        write_wav(folder / "sentences" / "wav" / dialog / f"{name}.wav", signal)
        start, clock[dialog] = clock[dialog], clock[dialog] + seconds + 0.4
        votes = _votes(emotion, rng)
        turns[dialog].append(
            _Turn(name, emotion, start, start + seconds, votes, _choices(emotion, rater))
        )
    for dialog in dialogs:
        _write_dialog(folder / "dialog", dialog, turns[dialog])
    (folder / "sentences" / "wav" / dialogs[0] / f"._{dialogs[0]}_F000.wav").write_bytes(
        _APPLE_DOUBLE
    )


def _order(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    utterances = [
        (sex, emotion) for sex in "FM" for emotion, count in EMOTIONS.items() for _ in range(count)
    ]
    for place in rng.permutation(len(utterances)):
        yield utterances[place]


def _votes(emotion: str, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Two raters' valence, activation, dominance, then the actor's own, which does not count."""
    centre = np.array(
        [_VALENCE.get(emotion, 3.0), _AROUSAL.get(emotion, 3.0), _DOMINANCE.get(emotion, 3.0)]
    )
    drawn = np.clip(np.rint(rng.normal(centre, 0.5, size=(3, 3))), 1, 5).astype(int)
    return [(int(v), int(a), int(d)) for v, a, d in drawn]


def _choices(emotion: str, rater: np.random.Generator) -> list[str]:
    """Three raters' choices, most of them the emotion, and the actor's own; one rater names two."""
    categories = list(_CATEGORIES.values())
    if emotion == "xxx":
        return [*(f"{choice};" for choice in rater.choice(categories, 4, replace=False))]
    raters = [_CATEGORIES[emotion]] * 2 + [
        str(rater.choice(categories)) if rater.random() < 0.6 else _CATEGORIES[emotion]
    ]
    choices = [f"{choice};" for choice in rater.permutation(raters)]
    if rater.random() < 0.1:
        choices[0] += " Surprise;"
    return [*choices, f"{rater.choice(categories)};"]


def _write_dialog(folder: Path, dialog: str, turns: list[_Turn]) -> None:
    evaluation, transcripts = folder / "EmoEvaluation", folder / "transcriptions"
    for place in (evaluation / "Categorical", evaluation / "Attribute", transcripts):
        place.mkdir(parents=True, exist_ok=True)
    blocks = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n"]
    for turn in turns:
        means = np.mean(turn.votes[:2], axis=0)
        bracket = ", ".join(f"{value:.4f}" for value in means)
        blocks.append(
            f"[{turn.start:.4f} - {turn.end:.4f}]\t{turn.name}\t{turn.emotion}\t[{bracket}]\n"
            + "".join(
                f"C-{who}:\t{choice}\t()\n"
                for who, choice in zip(("E1", "E2", "E3", "F1"), turn.choices, strict=True)
            )
            + "".join(
                f"A-{rater}:\tval {v}; act {a}; dom  {d};\t()\n"
                for rater, (v, a, d) in zip(("E1", "E2", "F1"), turn.votes, strict=True)
            )
        )
    (evaluation / f"{dialog}.txt").write_text("\n".join(blocks), encoding="utf-8")
    (evaluation / f"._{dialog}.txt").write_bytes(_APPLE_DOUBLE)
    lines = [f"{turn.name} :Neutral state; ()\n" for turn in turns]
    (evaluation / "Categorical" / f"{dialog}_e1_cat.txt").write_text(
        "".join(lines), encoding="utf-8"
    )
    spoken = [
        f"{turn.name} [{turn.start:08.4f}-{turn.end:08.4f}]: (synthetic voice)\n" for turn in turns
    ]
    (transcripts / f"{dialog}.txt").write_text(
        "".join([*spoken, "M: unmatched line\n"]), encoding="utf-8"
    )
