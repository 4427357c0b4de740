"""A small Androids in its true layout; the adapter's inverse. The depressed speak slower and flatter."""

from pathlib import Path

from paralbench.synthetic.conversation import DEPRESSED, burdened
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speak, speaker

FOLDS = 5
PEOPLE = 10
"""Of each condition."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "androids", seed)
    folds: list[list[str]] = [[] for _ in range(FOLDS)]
    for condition, group in (("C", "HC"), ("P", "PT")):
        for number in range(1, PEOPLE + 1):
            sex = "F" if number % 2 else "M"
            name = f"{number:02d}_{condition}{sex}{rng.integers(20, 80)}_{number % 4 + 1}"
            person = speaker(rng, "female" if sex == "F" else "male")
            how = burdened(DEPRESSED, 0.9 if condition == "P" else 0.1, rng)
            read = speak(person, how, 2.5, rng)
            write_wav(root / "Reading-Task" / "audio" / group / f"{name}.wav", read)
            interview = root / "Interview-Task"
            for turn in range(1, 4):
                answer = speak(person, how, float(rng.uniform(1, 1.6)), rng)
                write_wav(interview / "audio_clip" / name / f"{name}_{turn}.wav", answer)
            folds[number % FOLDS].append(f"'{name}'")
    rows = [["Read", *[""] * 6, "Interview", *[""] * 4]]
    titles = [f"fold{fold}" for fold in range(1, FOLDS + 1)]
    rows.append([*titles, "", "", *titles])
    rows += [[*names, "", "", *names] for names in zip(*folds, strict=True)]
    lines = [",".join(cells) for cells in rows]
    (root / "fold-lists.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    litter(root / "Reading-Task" / "audio" / "HC" / "x.wav")
