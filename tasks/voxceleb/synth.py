"""A small VoxCeleb in its true layout: padded headers, wav and m4a, lists with splits of their own.

Sex is heard as pitch and the length of the vocal tract; age as a slower, duller, breathier voice.
"""

import json
from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_aac, write_wav
from paralbench.synthetic.voice import Delivery, speak, speaker

PEOPLE = {"vox1": 40, "vox2": 32}
VIDEOS, UTTERANCES = 2, 1


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "voxceleb", seed)
    meta = {
        "vox1": ["VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet"],
        "vox2": ["Name ,VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set "],
    }
    ages: dict[str, list[str]] = {"train": [], "test": []}
    # The lists of Hechmi et al. name people of VoxCeleb 2 alone.
    videos = {part: ["speaker_age,birth_year,Name,VoxCeleb_ID,video_id"] for part in ages}
    people_of: dict[str, list[str]] = {part: [] for part in ages}
    for release, people in PEOPLE.items():
        for number in range(people):
            person = f"id1{number:04d}" if release == "vox1" else f"id0{number:04d}"
            sex = "f" if rng.random() < 0.5 else "m"
            age = int(rng.integers(20, 90))
            who = speaker(rng, "female" if sex == "f" else "male", age)
            part = "test" if number % 4 == 0 else "dev"
            if release == "vox1":
                meta["vox1"].append(f"{person}\tSome_Body\t{sex}\tIreland\t{part}")
            else:
                meta["vox2"].append(f"Some_Body ,{person} ,n{number:06d} ,{sex} ,{part} ")
                side = "test" if number % 3 == 0 else "train"
                videos[side].append(f"{age}.0,{2013 - age}.0,Some_Body,{person},aVid{number:07d}")
                people_of[side].append(person)
            for video in range(VIDEOS):
                for count in range(1, UTTERANCES + 1):
                    # YouTube's names may begin with a minus.
                    name = f"{person}/{'-' if video else 'a'}Vid{number:07d}/{count:05d}"
                    signal = speak(who, _at(age), float(rng.uniform(1.0, 1.8)), rng)
                    if release == "vox1":
                        write_wav(root / "VoxCeleb1" / part / "wav" / f"{name}.wav", signal)
                    else:
                        write_aac(root / "VoxCeleb2" / part / "aac" / f"{name}.m4a", signal)
                    # A split of its own: others are tested than in the metadata. Not all are listed.
                    if number % 7:
                        ages["test" if number % 3 == 0 else "train"].append(f"{name} {age}")
    for release, lines in meta.items():
        file = root / f"VoxCeleb{release[-1]}" / f"{release}_meta.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for part, lines in ages.items():
        (root / f"utt2age.{part}").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (root / f"age-{part}.txt").write_text("\n".join(videos[part]) + "\n", encoding="utf-8")
        (root / f"gender-{part}_set.txt").write_text(json.dumps(people_of[part]), encoding="utf-8")
    litter(root / "VoxCeleb1" / "test" / "wav" / "id10000" / "aVid0000000" / "00001.wav")


def _at(age: int) -> Delivery:
    """Grows over all of a life; ``voice.speaker`` adds what comes after fifty."""
    years = (age - 20) / 70
    return Delivery(
        pace=1.1 - 0.3 * years,
        tilt=0.25 + 0.6 * years,
        breath=0.12 * years,
        jitter=0.006 * years,
        pause=0.04 + 0.1 * years,
    )
