"""A small CREMA-D in its true layout, planted quirks included; the adapter's inverse."""

from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.emobox import write_lists
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

EMOTIONS = {"ANG": "ang", "DIS": "dis", "FEA": "fea", "HAP": "hap", "NEU": "neu", "SAD": "sad"}
"""Which delivery each code gets."""

_ACTORS = (1001, 1002, 1003, 1004, 1040, 1041, 1042, 1064, 1076, 1091)
_TEXTS = ("IEO", "ITH", "MTI")
_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "crema-d", seed)
    rater = np.random.default_rng([seed, 1])  # apart from the voices, which stay as they were
    people = ["ActorID,Age,Sex,Race,Ethnicity"]
    votes = ['"","FileName","VoiceVote","VoiceLevel"']
    counted = ['"",' + ",".join(f'"{code[0]}"' for code in EMOTIONS) + ',"fileName","numResponses"']
    for place, actor in enumerate(_ACTORS):
        person = speaker(rng, "male" if place % 2 else "female", 35)
        people.append(f"{actor},35,{'Male' if place % 2 else 'Female'},Unspecified,Not Hispanic")
        for text in _TEXTS:
            for code, emotion in EMOTIONS.items():
                level = str(rng.choice(["LO", "MD", "HI"])) if text == "IEO" else "XX"
                name = f"{actor}_{text}_{code}_{level}"
                signal = speak(person, delivery(emotion, rng, 0.8), float(rng.uniform(1, 1.6)), rng)
                if name == "1076_MTI_SAD_XX":
                    signal = np.zeros_like(signal)
                # As in old clones: one file with a single X.
                stem = "1040_ITH_SAD_X" if name == "1040_ITH_SAD_XX" else name
                write_wav(root / "AudioWAV" / f"{stem}.wav", signal)
                tied = rng.random() < 0.1
                letter = f"{code[0]}:N" if tied else code[0]
                votes.append(f'"{len(votes)}","{name}","{letter}","{"50:50" if tied else "50"}"')
                # Of the voice (1), the face (2) and both (3); the true rows come in that order.
                counted += [
                    f'"{modality}{len(votes) - 1:05d}",{_counts(code, tied, modality, rater)},"{name}",10'
                    for modality in (1, 2, 3)
                ]
    keys = sorted(file.stem.replace("_", "-") for file in (root / "AudioWAV").glob("*.wav"))
    write_lists(root, "cremad", keys, 1, rng)
    # What a zip of the repository holds in place of a file.
    (root / "AudioWAV" / "1091_TSI_ANG_XX.wav").write_bytes(_POINTER)
    (root / "VideoDemographics.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    (root / "processedResults").mkdir(exist_ok=True)
    for table, lines in (("summaryTable.csv", votes), ("tabulatedVotes.csv", counted)):
        (root / "processedResults" / table).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _counts(code: str, tied: bool, modality: int, rater: np.random.Generator) -> str:
    """Ten listeners' votes: most on the emotion, or as many on neutral where the vote is tied."""
    letters = [emotion[0] for emotion in EMOTIONS]
    chosen = dict.fromkeys(letters, 0)
    if tied and code != "NEU":
        chosen |= {code[0]: 4, "N": 4}
    else:
        chosen[code[0]] = int(rater.integers(6, 10)) if modality == 1 else 9
    others = [letter for letter in letters if not chosen[letter]]
    for letter in rater.choice(others, 10 - sum(chosen.values())):
        chosen[str(letter)] += 1
    return ",".join(str(chosen[letter]) for letter in letters)
