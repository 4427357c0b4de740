"""A small Common Voice in its true layout, both spellings of accents in it; the adapter's inverse."""

from pathlib import Path
from typing import Literal

import soundfile

from paralbench.synthetic.corpus import begin, litter
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

ACCENTS = ("United States English", "england", "indian", "Canadian English", "australia",
           "Irish English", "United States English|England English", "")  # fmt: skip
AGES = {"teens": 17, "twenties": 25, "thirties": 35, "fourties": 45, "fifties": 55, "sixties": 65,
        "seventies": 75, "eighties": 85}  # fmt: skip
PARTS = {"train": 32, "dev": 16, "test": 16}
"""Speakers of each part, two clips each."""

_COLUMNS = ("client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender", "accents",
            "variant", "locale", "segment")  # fmt: skip


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "common-voice", seed)
    (root / "clips").mkdir()
    number = 0
    for part, people in PARTS.items():
        table = ["\t".join(_COLUMNS)]
        for place in range(people):
            sex: Literal["female", "male"] = "female" if place // 4 % 2 else "male"
            age = list(AGES)[place % len(AGES)]
            accent = ACCENTS[(place + place // len(AGES)) % len(ACCENTS)]
            person = speaker(rng, sex, AGES[age])
            client = f"{rng.integers(16**12):012x}"
            for _ in range(2):
                number += 1
                path = f"common_voice_en_{number}.mp3"
                signal = speak(person, delivery("neu", rng), float(rng.uniform(1, 1.6)), rng)
                soundfile.write(root / "clips" / path, signal, 16000, format="MP3")
                gender = {"female": "female_feminine", "male": "male_masculine"}[sex]
                row = (client, path, '"Synthetic, a voice', 2, 0, age, gender, accent, "", "en", "")
                table.append("\t".join(map(str, row)))
        (root / f"{part}.tsv").write_text("\n".join([*table, ""]), encoding="utf-8")
    litter(root / "clips" / "common_voice_en_1.mp3")
