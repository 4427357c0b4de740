"""A small M3ED in its true layout: dramas in Chinese, dialogs of A and B, two empty files.

Seven emotions as pitch, loudness, rate and voice quality. A is somebody else in every dialog, but a
character who is named comes back.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import Speaker, speak, speaker

DRAMAS = {
    "train": ["小欢喜", "都挺好", "欢乐颂", "安家"],
    "val": ["外科风云"],
    "test": ["急诊科医生", "守婚如玉"],
}
SOUNDS = {"Happy": "hap", "Neutral": "neu", "Sad": "sad", "Disgust": "dis", "Anger": "ang",
          "Fear": "fea", "Surprise": "sur"}  # fmt: skip


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "m3ed", seed)
    audio = root / "modality_speech"
    annotation: dict[str, Any] = {}
    for dramas in DRAMAS.values():
        for drama in dramas:
            # The lead plays in every dialog, as A in one and as B in the next.
            lead = speaker(rng, "female")
            annotation[drama] = {
                f"{drama}_{number}": _dialog(audio, drama, number, lead, rng) for number in (1, 2)
            }
    content = json.dumps(annotation, ensure_ascii=False, indent=1)
    (root / "annotation.json").write_text(content, encoding="utf-8")
    splits = {**DRAMAS, "total": list(annotation)}
    for part, dramas in splits.items():
        file = root / "splitInfo" / f"movie_list_{part}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(dramas), encoding="utf-8")  # no newline at the end
    # Two of the real corpus's twelve, one without a byte and one with a header alone.
    first, second = sorted(audio.glob("*.wav"))[:2]
    first.write_bytes(b"")
    write_wav(second, np.zeros(0, np.float32))
    litter(audio / "A_小欢喜_1_0.wav")


def _dialog(
    audio: Path, drama: str, number: int, lead: Speaker, rng: np.random.Generator
) -> dict[str, Any]:
    other = speaker(rng, "male")
    people = {"A": lead, "B": other} if number == 1 else {"A": other, "B": lead}
    names = {role: "主角" if who is lead else "" for role, who in people.items()}
    utterances = {}
    order = [emotion for emotion in SOUNDS for _ in range(2)]
    for count, place in enumerate(rng.permutation(len(order))):
        emotion, role = order[place], "AB"[int(place) % 2]
        name = f"{drama}_{number}_{count}"
        seconds = float(rng.uniform(1.0, 1.8))
        write_wav(
            audio / f"{role}_{name}.wav",
            speak(people[role], delivery(SOUNDS[emotion], rng, 0.9), seconds, rng),
        )
        utterances[name] = {
            "StartTime": f"00:00:{count * 2:02d}:00",
            "EndTime": f"00:00:{count * 2 + 1:02d}:20",
            "Text": "（合成语音）",
            "Speaker": role,
            "EmoAnnotation": {
                **{f"EmoAnnotator{rater}": emotion for rater in (1, 2, 3)},
                "final_mul_emo": emotion,
                "final_main_emo": emotion,
            },
        }
    info = {
        role: {
            "Name": names[role],
            "Age": "mid",
            "Gender": "female" if people[role] is lead else "male",
        }
        for role in "AB"
    }
    return {"SpeakerInfo": info, "Dialog": utterances}
