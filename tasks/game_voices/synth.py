"""Small voice packs in their true layout; the adapter's inverse."""

from pathlib import Path

import av
import numpy as np

from paralbench.synthetic.corpus import begin
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import Signal, speak, speaker

PACKS = (
    "British", "Classic", "Default", "Default_es", "Default_pl", "Default_ru", "Default_uk", "HillBilly",
    "Mobster", "Pirate", "Robot", "Russian", "Russian_pl", "Singer", "Surfer",
)  # fmt: skip
EVENTS = {
    "Ow1": ("fea", 0.4), "Ow2": ("fea", 0.4), "Nooo": ("fea", 0.6), "Victory": ("hap", 0.8),
    "Hello": ("hap", 0.7), "Yessir": ("hap", 0.7), "Stupid": ("ang", 0.8), "Traitor": ("ang", 0.9),
    "Coward": ("ang", 0.8),
}  # fmt: skip
"""Delivery and seconds of each file."""

RATE = 48000
_SAME_VOICE = {"Classic": "Default", "Russian_pl": "Default_pl"}


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "game-voices", seed)
    people = {pack: speaker(rng, "male" if rng.random() < 0.7 else "female", 30) for pack in PACKS}
    for pack in PACKS:
        person = people[_SAME_VOICE.get(pack, pack)]
        for name, (emotion, seconds) in EVENTS.items():
            signal = speak(person, delivery(emotion, rng, 0.9), seconds, rng, RATE)
            _write_ogg(root / pack / f"{name}.ogg", signal)


def _write_ogg(file: Path, signal: Signal) -> None:
    """Opus in Ogg; libsndfile's own Ogg files have a random serial number."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(signal[None]), format="fltp", layout="mono"
        )
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
