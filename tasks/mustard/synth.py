"""A small MUStARD in its true layout: JSON, and a video an utterance with the voice as AAC.

Sarcasm is heard as Rockwell (2000) describes it: slower, lower and flatter, with a dull, drawn-out
voice.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
    dealt = rng.permutation(len(entries)) % 5
    folds = [(np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)) for fold in range(5)]
    (root / "data" / "split_indices.p").write_bytes(index_pickle(folds))
    litter(videos / "1_0.mp4")


def index_pickle(folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> bytes:
    """Pairs of arrays as Python 2 pickled them: the bytes of each array as a string of protocol 2.

    Written by hand, with a call of os.system in front that a reader must not run.
    """
    arrays = b"".join(
        b"U" + bytes([len(part)]) + part if len(part) < 256 else b"T" + len(part).to_bytes(4, "little") + part
        for pair in folds for part in (np.ascontiguousarray(array, "<i8").tobytes() for array in pair)
    )  # fmt: skip
    return b"\x80\x02cos\nsystem\n" + arrays + b"."
