"""A small MUStARD in its true layout: JSON, and a video an utterance with the voice as AAC.

Sarcasm is heard as Rockwell (2000) describes it: slower, lower and flatter, with a dull, drawn-out
voice.
"""

import json
from pathlib import Path

from paralbench.synthetic.corpus import begin, litter, write_aac
from paralbench.synthetic.emotion import blended
from paralbench.synthetic.voice import Delivery, speak, speaker

CAST = {
    "FRIENDS": ["CHANDLER", "RACHEL", "ROSS", "MONICA"],
    "BBT": ["SHELDON", "PENNY", "LEONARD", "PERSON"],
    "GOLDENGIRLS": ["DOROTHY", "SOPHIA"],
    "SARCASMOHOLICS": ["PERSON"],
}
SARCASTIC = Delivery(pitch=0.88, range=1.2, pace=0.72, loudness=2, tilt=0.8, breath=0.08, glide=-3)


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "mustard", seed)
    videos = root / "mmsd_raw_data" / "utterances_final"
    entries = {}
    for number, (show, cast) in enumerate(CAST.items(), start=1):
        for place, person in enumerate(cast):
            who = speaker(rng, "female" if place % 2 else "male")
            for count in range(10):
                name = f"{number}_{place * 1000 + count}"
                sarcastic = bool(rng.random() < 0.5)
                how = blended(SARCASTIC if sarcastic else Delivery(glide=1), rng, 0.9)
                write_aac(videos / f"{name}.mp4", speak(who, how, float(rng.uniform(1, 1.8)), rng))
                entries[name] = {
                    "utterance": "(synthetic voice)",
                    "speaker": person,
                    "context": ["(synthetic voice)"],
                    "context_speakers": [person],
                    "show": show,
                    "sarcasm": sarcastic,
                }
    file = root / "data" / "sarcasm_data.json"
    file.parent.mkdir()
    file.write_text(json.dumps(entries, indent=2), encoding="utf-8")
    # The authors' folds are a pickle. This one would raise if anybody loaded it.
    (root / "data" / "split_indices.p").write_bytes(b"\x80\x04not to be opened")
    litter(videos / "1_0.mp4")
