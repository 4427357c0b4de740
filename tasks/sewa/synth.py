"""A small SEWA in its true layout, planted quirks included; the adapter's inverse.

Pairs chat; pitch, loudness and pace of a voice follow its arousal; brightness, liveliness and a
smile's shorter vocal tract its valence. The labels follow two seconds later, as annotators do.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from paralbench.synthetic.corpus import begin, write_wav
from paralbench.synthetic.voice import Delivery, Signal, Speaker, speak, speaker

PAIRS = {"Train": {"DE": 5, "HU": 5}, "Devel": {"DE": 2, "HU": 2}, "Test": {"DE": 1, "CN": 1}}
"""Chats of each partition and culture; every chat gives two recordings."""

LAG = 2.0
_RATE, _PIECE = 16000, 1.0
_APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "

Walk = NDArray[np.float64]


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "sewa", seed)
    for partition, cultures in PAIRS.items():
        for culture, chats in cultures.items():
            # Partners stand under numbers that tell nothing.
            numbers = rng.permutation(2 * chats) + 1
            for chat in range(chats):
                names = [f"{partition}_{culture}_{n:02d}" for n in numbers[2 * chat :][:2]]
                _chat(root, names, 180 + 4 * chat + int(rng.integers(3)), rng)
    for folder, suffix in (("audio", "wav"), ("labels", "csv")):
        (root / folder / f"._Train_DE_01.{suffix}").write_bytes(_APPLE_DOUBLE)
    _plant(root)


def _chat(root: Path, names: list[str], rows: int, rng: np.random.Generator) -> None:
    people = [speaker(rng, "female" if rng.random() < 0.5 else "male") for _ in names]
    seconds = rows / 10
    turns = _turns(seconds, rng)
    moods = [{name: _walk(rows, rng) for name in ("arousal", "valence")} for _ in names]
    voices = [
        _voice(who, mood, seconds, [turn for place, turn in enumerate(turns) if place % 2 == side], rng)
        for side, (who, mood) in enumerate(zip(people, moods, strict=True))
    ]  # fmt: skip
    for side, name in enumerate(names):
        # Both are heard in either recording, the partner through the loudspeaker.
        write_wav(root / "audio" / f"{name}.wav", voices[side] + 0.15 * voices[1 - side], _RATE)
        if name.startswith("Test"):
            continue
        mood = moods[side]
        liking = 0.6 * mood["valence"] + 0.4 * _walk(rows, rng)
        _write_labels(
            root / "labels" / f"{name}.csv", name, [*map(_lagged, mood.values()), _lagged(liking)]
        )
        if "_DE_" in name:
            own = [turn for place, turn in enumerate(turns) if place % 2 == side]
            file = root / "turns" / f"{name}.csv"
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"{a:.2f};{b:.2f}\n" for a, b in own), encoding="utf-8")


def _turns(seconds: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Whose turn it is changes every few seconds."""
    cuts = np.cumsum(rng.uniform(1.5, 3.0, size=round(seconds)))
    cuts = np.concatenate([[0.0], cuts[cuts < seconds - 1], [seconds]])
    return [(float(a), float(b)) for a, b in pairwise(cuts)]


def _walk(rows: int, rng: np.random.Generator) -> Walk:
    """A slow walk within ±0.8, and a level of the person's own."""
    steps: Walk = gaussian_filter1d(rng.normal(size=rows + 200), 15)[100:-100]
    steps = 0.3 * steps / steps.std() + rng.normal(0, 0.15)
    return steps.clip(-0.8, 0.8)


def _lagged(walk: Walk) -> Walk:
    lag = round(10 * LAG)
    return np.concatenate([np.full(lag, walk[0]), walk[:-lag]])


def _voice(
    who: Speaker, mood: dict[str, Walk], seconds: float, turns: list[tuple[float, float]],
    rng: np.random.Generator,
) -> Signal:  # fmt: skip
    signal = (1e-3 * rng.standard_normal(round(seconds * _RATE))).astype(np.float32)
    for start, end in turns:
        for at in np.arange(start, end, _PIECE):
            length = min(_PIECE, end - at)
            if length < 0.3:
                continue
            row = min(round(10 * (at + length / 2)), len(mood["arousal"]) - 1)
            how = _delivery(mood["arousal"][row], mood["valence"][row])
            # A smile shortens the vocal tract.
            smiling = replace(who, tract=who.tract * (1 + 0.12 * mood["valence"][row]))
            piece = speak(smiling, how, length, rng, _RATE)
            first = round(at * _RATE)
            signal[first : first + len(piece)] += piece[: len(signal) - first]
    return signal


def _delivery(arousal: float, valence: float) -> Delivery:
    return Delivery(
        pitch=float(np.exp(0.3 * arousal + 0.15 * valence)),
        range=2.0 + 1.5 * max(valence, -0.8),
        pace=1.0 + 0.25 * arousal,
        loudness=9.0 * arousal,
        tilt=float(np.clip(0.5 - 0.65 * valence, 0, 1)),
        breath=0.25 * max(-valence, 0.0),
        pause=0.04,
    )


def _write_labels(file: Path, name: str, dimensions: list[Walk]) -> None:
    lines = ["name;timestamp;arousal;valence;liking"]
    for row, (arousal, valence, liking) in enumerate(zip(*dimensions, strict=True)):
        lines.append(f"'{name}';{row / 10:f};{arousal:f};{valence:f};{liking:f}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("\n".join([*lines, ""]).encode())


def _plant(root: Path) -> None:
    """What other packages of the corpus look like: CRLF; no header; audio shorter than labels."""
    crlf = root / "labels" / "Train_DE_02.csv"
    crlf.write_bytes(crlf.read_bytes().replace(b"\n", b"\r\n"))
    headerless = root / "labels" / "Train_HU_02.csv"
    headerless.write_bytes(headerless.read_bytes().split(b"\n", 1)[1])
    short = root / "audio" / "Devel_DE_01.wav"
    signal, rate = soundfile.read(short, dtype="float32")
    write_wav(short, signal[: -round(0.35 * rate)], rate)
