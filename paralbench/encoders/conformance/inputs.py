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
    """Ten minutes, cut as extraction cuts them, give finite frames in the expected number."""
    card = subject.card
    frames = blocks = 0
    for block in _file(subject, subject.speech(subject.long), card.rate, card.policy.window):
        if len(block) >= card.policy.shortest * card.rate:
            frames += _finite(subject, block)
            blocks += 1
    if card.frame_rate is not None and card.policy.padding == "none":
        expected = subject.long * card.frame_rate
        if abs(frames - expected) > 3 * blocks + 0.02 * expected:
            raise Failure(
                f"Expected {expected:.0f} frames for {subject.long:g} s, at {card.frame_rate:g} a "
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
    for place in (0.45, 0.7, 0.95):
        start, end = round(place * len(base)), round((place + 0.05) * len(base))
        changed = base.copy()
        changed[start:end] = subject.speech(seconds, 5)[: end - start]
        (states,) = subject.encode(changed)
        if states.shape != plain.shape:
            continue
        low, high = 0, plain.shape[1]
        if card.frame_rate is not None and high > 40:
            low, high = int((place - 0.02) * high), int((place + 0.07) * high) + 1
        change = difference(plain[:, low:high], states[:, low:high])
        if change < 1e-3:
            raise Failure(
                f"The card's policy.window says that {seconds:g} s are encoded at once, but other "
                f"audio from {start / card.rate:.2f} s to {end / card.rate:.2f} s leaves the frames "
                f"there as they were: the model drops it. Write the length it encodes as "
                f"policy.window; longer audio is then cut, and none is lost.",
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
