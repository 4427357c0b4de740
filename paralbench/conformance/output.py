"""Checks of what comes out: shape, type, frames, numbers."""

from __future__ import annotations

import numpy as np
import torch

from paralbench.conformance.subject import Flaw, NotApplicable, Subject

_LONG = 8.0
"""Seconds of audio in most checks, or the window where that is shorter."""


def declared_shape(subject: Subject) -> float | None:
    """Layers, width and dtype are those on the card."""
    card = subject.card
    states = subject.one(subject.audio(_length(subject)))
    if states.ndim != 3 or states.shape[0] != card.layers or states.shape[2] != card.width:
        raise Flaw(
            f"the card says [{card.layers}, frames, {card.width}], {list(states.shape)} came"
        )
    if states.dtype != torch.float32:
        raise Flaw(f"hidden states are {states.dtype}, expected torch.float32")
    return None


def frame_rate(subject: Subject) -> float | None:
    """Frames grow with the audio at the card's rate, and all of a clip is covered."""
    card, long = subject.card, _length(subject)
    lengths = [long / 4, long / 2, long]
    counts = [subject.one(subject.audio(seconds)).shape[1] for seconds in lengths]
    if card.frame_rate is None:
        if len(set(counts)) > 1:
            raise Flaw(f"the card names no frame rate, yet frames grow with the audio: {counts}")
        raise NotApplicable("the card names no frame rate, and frames do not grow with the audio")
    if card.policy.padding == "window":
        wanted = card.policy.window * card.frame_rate
        if len(set(counts)) > 1 or abs(counts[0] - wanted) > 2:
            raise Flaw(
                f"padded to {card.policy.window:g} s, {wanted:.0f} frames were expected; {counts} came"
            )
        return counts[0] / card.policy.window
    measured = (counts[2] - counts[0]) / (lengths[2] - lengths[0])
    if abs(measured / card.frame_rate - 1) > 0.02:
        raise Flaw(
            f"frames grow by {measured:.2f} a second, the card says {card.frame_rate:g}", measured
        )
    missing = lengths[2] - counts[2] / card.frame_rate
    if abs(missing) > max(0.1, 3 / card.frame_rate, card.policy.shortest):
        raise Flaw(
            f"{lengths[2]:g} s of audio come back as {missing:.2f} s less of frames", missing
        )
    return measured


def silence(subject: Subject) -> float | None:
    """Digital silence gives finite numbers."""
    _finite(subject.one(np.zeros(subject.samples(_length(subject)), np.float32)), "silence")
    return None


def loudest(subject: Subject) -> float | None:
    """Full-scale audio gives finite numbers."""
    count = subject.samples(_length(subject))
    loud = np.sign(np.sin(np.arange(count) * 0.05)).astype(np.float32)
    _finite(subject.one(loud), "full-scale audio")
    return None


def shortest(subject: Subject) -> float | None:
    """The card's shortest clip, and one of 25 ms where that is allowed, give a frame or more."""
    card = subject.card
    for seconds in sorted({card.policy.shortest, max(card.policy.shortest, 0.025)}):
        audio = subject.audio(max(seconds, 1 / card.rate))
        states = subject.one(audio)
        if not states.shape[1]:
            raise Flaw(f"{seconds:g} s give no frame; raise policy.shortest on the card")
        _finite(states, f"{seconds:g} s of audio")
    return card.policy.shortest


def whole_window(subject: Subject) -> float | None:
    """Every tenth of the window is heard: nothing is cut off in silence."""
    window = subject.card.policy.window
    audio = subject.audio(window)
    states, tenth = subject.one(audio), len(audio) // 10
    deaf = []
    for part in range(10):
        changed = audio.copy()
        changed[part * tenth : (part + 1) * tenth] += subject.audio(window, seed=3)[:tenth] * 2
        other = subject.one(changed)
        if other.shape == states.shape and torch.equal(other, states):
            deaf.append(part)
    if deaf:
        raise Flaw(
            f"of a window of {window:g} s, what happens from {deaf[0] * window / 10:.0f} s to "
            f"{(deaf[-1] + 1) * window / 10:.0f} s changes nothing; say so with a shorter "
            "policy.window",
            1 - len(deaf) / 10,
        )
    return 1.0


def _finite(states: torch.Tensor, what: str) -> None:
    wrong = int((~torch.isfinite(states)).sum())
    if wrong:
        raise Flaw(f"{what} gives {wrong} numbers that are NaN or infinite", float(wrong))


def _length(subject: Subject) -> float:
    return min(_LONG, subject.card.policy.window)
