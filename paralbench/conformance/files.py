"""Checks through the engine's own path from files: channels, rates, ten minutes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from numpy.typing import NDArray

from paralbench.conformance.subject import Flaw, Subject
from paralbench.features.listening import Listener
from paralbench.features.product import Product
from paralbench.features.store import Record
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

_MINUTES = 10


def stereo_and_other_rates(subject: Subject) -> float | None:
    """Stereo, 8 kHz and 48 kHz files are heard whole, each as long as the other."""
    seconds = min(4.0, subject.card.policy.window)
    frames = {}
    for name, rate, channels in (
        ("mono", 16000, 1),
        ("stereo", 16000, 2),
        ("8 kHz", 8000, 1),
        ("48 kHz", 48000, 1),
    ):
        time = np.arange(round(seconds * rate)) / rate
        tone = 0.2 * np.sin(2 * np.pi * 200 * time) * (np.sin(2 * np.pi * 2 * time) > 0)
        sides = np.stack([tone * (1 - 0.5 * side) for side in range(channels)], 1)
        frames[name] = _heard(subject, sides, rate).frames
    if max(frames.values()) - min(frames.values()) > 1:
        told = ", ".join(f"{name} {count}" for name, count in frames.items())
        raise Flaw(f"{seconds:g} s give different numbers of frames: {told}")
    return None


def ten_minutes(subject: Subject) -> float | None:
    """Ten minutes are heard in windows, nothing is left out, and the numbers are finite."""
    rate = subject.card.rate
    minute = subject.audio(60.0, seed=1)
    record = _heard(subject, np.tile(minute, _MINUTES)[:, None], rate)
    consumed = record.consumed / record.asked
    if consumed < 0.999:
        raise Flaw(f"of {_MINUTES} minutes only {100 * consumed:.1f} % are heard", consumed)
    if not np.isfinite(record.values).all():
        raise Flaw(f"{_MINUTES} minutes give NaN or infinity")
    return consumed


def _heard(subject: Subject, audio: NDArray[np.floating], rate: int) -> Record:
    listener = Listener(subject.encoder, subject.card, Product("pooled"))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "check.wav"
        soundfile.write(file, audio, rate, subtype="FLOAT")
        try:
            gathering = listener.gathering()
            for piece in listener.pieces(Clip(file)):
                gathering.add(piece, listener.parts([piece])[0])
            return gathering.record()
        except Refused as reason:
            raise Flaw(f"audio at {rate} Hz is refused: {reason}") from reason
