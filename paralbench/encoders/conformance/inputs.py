"""Checks of kinds of audio: silence, very short, very long, stereo, other rates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import soxr
import torch

from paralbench.audio import decoding
from paralbench.encoders.conformance.subject import Failure, Subject, difference
from paralbench.encoders.encoder import Waveform
from paralbench.records.example import Clip

_QUANTISED = 1e-2
"""Largest difference, in deviations of the states, that rounding of samples in a file may cause."""


_LONG, _WINDOWS = 60.0, 2.5
"""Seconds of the long recording at least, and windows: more would only repeat the same block."""
_END = 0.95
"""Where the last audio is replaced, as a share of the window."""


def silence(subject: Subject) -> None:
    """Digital silence gives finite hidden states."""
    _finite(subject, np.zeros(round(subject.length(1.0) * subject.card.rate), np.float32))


def shortest(subject: Subject) -> float:
    """25 ms, or the shortest piece that the card's policy allows, gives a frame."""
    card = subject.card
    samples = int(np.ceil(max(0.025, card.policy.shortest) * card.rate))
    return float(_finite(subject, subject.speech(1.0)[:samples] if samples <= card.rate
                         else subject.speech(samples / card.rate)))  # fmt: skip


def long_recording(subject: Subject) -> float:
    """Several windows, cut as extraction cuts them, give finite frames in the expected number."""
    card = subject.card
    frames = blocks = 0
    seconds = max(_LONG, _WINDOWS * card.policy.window)
    for block in _file(subject, subject.speech(seconds), card.rate, card.policy.window):
        if len(block) >= card.policy.shortest * card.rate:
            frames += _finite(subject, block)
            blocks += 1
    if card.frame_rate is not None and card.policy.padding == "none":
        expected = seconds * card.frame_rate
        if abs(frames - expected) > 3 * blocks + 0.02 * expected:
            raise Failure(
                f"Expected {expected:.0f} frames for {seconds:g} s, at {card.frame_rate:g} a "
                f"second; got {frames} in {blocks} blocks.",
                frames,
            )
    return float(frames)


def receptive_limit(subject: Subject) -> float:
    """A full window is used to its end: other audio there gives other frames there."""
    card = subject.card
    seconds = card.policy.window
    base = subject.speech(seconds, 4)
    (plain,) = subject.encode(base)
    start = round(_END * len(base))
    changed = base.copy()
    changed[start:] = subject.speech(seconds, 5)[: len(base) - start]
    (states,) = subject.encode(changed)
    if states.shape != plain.shape:
        return seconds
    low, high = 0, plain.shape[1]
    if card.frame_rate is not None and high > 40:
        low = int((_END - 0.02) * high)
    change = difference(plain[:, low:high], states[:, low:high])
    if change < 1e-3:
        raise Failure(
            f"The card's policy.window says that {seconds:g} s are encoded at once, but other audio "
            f"from {start / card.rate:.2f} s on leaves the last frames as they were: the model drops "
            f"it. Write the length it encodes as policy.window; longer audio is then cut, and none "
            f"is lost.",
            change,
        )
    return seconds


def stereo(subject: Subject) -> None:
    """A stereo file is encoded as the mean of its channels."""
    left, right = (subject.speech(subject.length(1.0), seed) for seed in (1, 2))
    rate = subject.card.rate
    (expected,) = subject.encode(np.mean([left, right], axis=0, dtype=np.float32))
    for block in _file(subject, np.stack([left, right], 1), rate, subject.card.policy.window):
        _finite(subject, block)
        (states,) = subject.encode(block)
        change = difference(expected, states)
        if change > _QUANTISED:
            raise Failure(
                f"A stereo file is not encoded as the mean of its channels: the output differs by "
                f"{change:.2g} standard deviations.",
                None if change == float("inf") else change,
            )


def rate_8000(subject: Subject) -> None:
    """A file at 8 kHz gives as many frames as the same audio at the model's rate."""
    _other_rate(subject, 8000)


def rate_48000(subject: Subject) -> None:
    """A file at 48 kHz gives as many frames as the same audio at the model's rate."""
    _other_rate(subject, 48000)


def _other_rate(subject: Subject, rate: int) -> None:
    card = subject.card
    waveform = subject.speech(subject.length(1.0))
    (expected,) = subject.encode(waveform)
    resampled = soxr.resample(waveform, card.rate, rate)
    frames = sum(
        _finite(subject, block)
        for block in _file(subject, resampled, rate, card.policy.window)
        if len(block) >= card.policy.shortest * card.rate
    )
    if abs(frames - expected.shape[1]) > 2:
        raise Failure(
            f"A file at {rate} Hz gave {frames} frames, the same audio at {card.rate} Hz "
            f"{expected.shape[1]}.",
            frames,
        )


def _file(subject: Subject, audio: Waveform, rate: int, window: float) -> Iterator[Waveform]:
    """Blocks of the audio, written to a file and decoded as in extraction."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audio.wav"
        soundfile.write(path, audio, rate, subtype="FLOAT")
        yield from decoding.blocks(Clip(path), subject.card.rate, window)


def _finite(subject: Subject, waveform: Waveform) -> int:
    """The number of frames; fails where there is none, or one is not finite."""
    (states,) = subject.encode(waveform)
    bad = int((~torch.isfinite(states)).sum())
    if bad or not states.shape[1]:
        output = f"{bad} NaN or infinite numbers of {states.numel()}" if bad else "no frame"
        raise Failure(f"{len(waveform) / subject.card.rate:.3f} s of audio gave {output}.", bad)
    return int(states.shape[1])
