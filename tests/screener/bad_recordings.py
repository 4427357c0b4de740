"""Recordings that go wrong in the ways a clinic meets, each with what the gate must say of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from paralbench.records.admission import Cause
from paralbench.synthetic.conversation import USUAL
from paralbench.synthetic.voice import Signal, speak, speaker

RATE = 16000
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@dataclass(frozen=True, slots=True)
class Bad:
    """A kind of bad file: its name, how it is made, and the gate's cause and words for it.

    ``cause`` "" is a file that must be scored. ``mode`` is set on the file when it is written.
    """

    kind: str
    name: str
    content: Callable[[Path, Signal], object]
    cause: Cause
    said: str
    mode: int = 0o644


def good(seed: int, seconds: float = 6.0) -> Signal:
    """A recording that passes: somebody speaks at 16 kHz."""
    rng = np.random.default_rng(seed)
    who = speaker(rng, ("female", "male")[seed % 2])
    return speak(who, USUAL, seconds, rng, RATE)


def wav(file: Path, samples: Signal, rate: int = RATE) -> None:
    """Write 16-bit WAV; by descriptor's file object, so that any name will do."""
    with file.open("wb") as opened:
        soundfile.write(opened, samples, rate, format="WAV", subtype="PCM_16")


def _header_cut(file: Path, voice: Signal) -> None:
    wav(file, voice)
    file.write_bytes(file.read_bytes()[:30])


def _more_declared(file: Path, voice: Signal) -> None:
    """The header was written for more than the recorder stored before its battery died."""
    wav(file, voice)
    complete = file.read_bytes()
    file.write_bytes(complete[:40] + struct.pack("<I", 4 * len(complete)) + complete[44:])


def _not_a_number(file: Path, voice: Signal) -> None:
    voice = voice.copy()
    voice[4000] = np.nan
    soundfile.write(file, voice, RATE, subtype="FLOAT")


def _narrow(file: Path, voice: Signal) -> None:
    import soxr

    wav(file, soxr.resample(voice, RATE, 8000), 8000)


def _narrow_upsampled(file: Path, voice: Signal) -> None:
    import soxr

    wav(file, soxr.resample(soxr.resample(voice, RATE, 8000), 8000, 48000), 48000)


def _one_dead_channel(file: Path, voice: Signal) -> None:
    wav(file, np.stack([voice, np.zeros_like(voice)], axis=1))


KINDS = (
    Bad("empty", "empty.wav", lambda f, _: f.touch(), "unreadable", r"empty \(0 bytes\)"),
    Bad("text", "notes.wav", lambda f, _: f.write_text("Dear all,\nsee you on Monday.\n"),
        "unreadable", "text file, not audio"),
    Bad("truncated-header", "header.wav", _header_cut, "unreadable", "header ends before"),
    Bad("truncated", "battery.wav", _more_declared, "unreadable", "declares .* the file holds"),
    Bad("nan", "nan.wav", _not_a_number, "not-finite", "1 of its samples are not numbers"),
    Bad("clipped", "loud.wav", lambda f, v: wav(f, np.clip(30 * v, -1, 1)), "clipped",
        r"too loud \(clipping\); at most 1 % is allowed"),
    Bad("silence", "silent.wav", lambda f, v: wav(f, np.zeros_like(v)), "silent",
        "100 % of the recording is complete silence.*at most 50 % is allowed"),
    Bad("short", "short.wav", lambda f, v: wav(f, v[2000:3600]), "seconds",
        "is 0.1 s long; at least 1 s is needed"),
    Bad("8-khz", "telephone.wav", _narrow, "rate", "rate of 8 kHz; at least 16 kHz is needed"),
    Bad("8-khz-upsampled", "converted.wav", _narrow_upsampled, "bandwidth",
        r"no sound above 3\.\d+ kHz.*at least 4.5 kHz is needed"),
    Bad("dead-channel", "cable.wav", _one_dead_channel, "dead-channel",
        "Channel 2 of 2 carries no sound"),
    Bad("lfs-pointer", "pointer.wav", lambda f, _: f.write_bytes(POINTER), "unreadable",
        "Git-LFS pointer"),
    Bad("unreadable", "locked.wav", wav, "unreadable", "cannot be opened .Permission denied.",
        mode=0o000),
    Bad("odd-name-good", "visit\n2 😀.wav", wav, "", ""),
    Bad("odd-name-empty", "visit\n3 😀.wav", lambda f, _: f.touch(), "unreadable", "empty"),
)  # fmt: skip
"""The twelve kinds of the screening issue, two of them in two forms, and one that is good."""


def write(folder: Path, bad: Bad, seed: int = 0) -> Path:
    """Write one kind of file into a folder; ``seed`` says who speaks in it."""
    file = folder / bad.name
    bad.content(file, good(seed))
    file.chmod(bad.mode)
    return file
