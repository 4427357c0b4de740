"""A small KeSpeech in its true layout: Kaldi's lists, two phases, a file that was never delivered.

Mandarin and its subdialects are heard as shifted vowels, gliding syllables, melody and pace.
"""

from collections import defaultdict
from pathlib import Path

from paralbench.synthetic.accent import accented, accents
from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.voice import speak, speaker

DIALECTS = ("Mandarin", "Zhongyuan", "Southwestern", "Ji-Lu", "Jiang-Huai", "Lan-Yin",
            "Jiao-Liao", "Northeastern", "Beijing")  # fmt: skip
SPEAKERS = {"train": 3, "dev": 1, "test": 2}
"""Speakers of each dialect in each part."""


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "kespeech", seed)
    lists: dict[tuple[str, str], list[str]] = defaultdict(list)
    number = 1000000
    for part, people in SPEAKERS.items():
        for dialect, accent in zip(DIALECTS, accents(len(DIALECTS)), strict=True):
            for _ in range(people):
                number += 1
                who = speaker(rng, "female" if rng.random() < 0.5 else "male")
                for count in range(4):
                    phase = f"phase{count // 2 + 1}"
                    name = f"{number}_{count:08x}"
                    path = f"Audio/{number}/{phase}/{name}.wav"
                    so, how = accented(who, accent, rng)
                    write_wav(root / path, speak(so, how, float(rng.uniform(1.0, 1.8)), rng))
                    folder = part if part == "test" else f"{part}_{phase}"
                    entries = {"wav.scp": path, "utt2spk": str(number), "utt2subdialect": dialect}
                    for file, value in {**entries, "text": "合成语音"}.items():
                        lists[folder, file].append(f"{name} {value}")
    for (folder, file), lines in lists.items():
        target = root / "Tasks" / "ASR" / folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    litter(root / "Tasks" / "ASR" / "test" / "wav.scp")
    lost = lists["train_phase1", "wav.scp"][-1].split()[1]
    (root / lost).unlink()
