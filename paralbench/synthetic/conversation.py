"""Conversations of an interviewer and a participant whose voice reflects a condition.

Depression lowers pitch range, pace and loudness and makes the voice breathy (Cummins et al., 2015);
cognitive impairment slows speech and adds pauses (Fraser et al., 2016). Both are deliveries, blended
with the usual one by severity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Literal

import numpy as np

from paralbench.synthetic.voice import Delivery, Signal, Speaker, speak, speaker

Role = Literal["interviewer", "participant"]

USUAL = Delivery(range=2.4, pause=0.06)
DEPRESSED = Delivery(
    pitch=0.93, range=0.8, pace=0.74, loudness=-6, breath=0.16, tilt=0.8, pause=0.24,
    pause_seconds=0.4,
)  # fmt: skip
IMPAIRED = Delivery(
    range=1.6, pace=0.72, loudness=-2, jitter=0.01, shimmer=0.05, breath=0.06, tilt=0.62,
    pause=0.34, pause_seconds=0.55,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a speaker, in seconds."""

    who: Role
    start: float
    end: float


def burdened(condition: Delivery, severity: float, rng: np.random.Generator) -> Delivery:
    """The delivery of a person with a condition of this severity, 0 to 1.

    Expression varies between people, so that a voice does not determine the scale exactly.
    """
    share = float(np.clip(severity + rng.normal(0, 0.12), 0, 1.2))
    usual, full = np.array(astuple(USUAL)), np.array(astuple(condition))
    return Delivery(*map(float, usual + share * (full - usual)))


class Interviewer:
    """An interviewer with the same few, faint prompts for all participants."""

    def __init__(self, rng: np.random.Generator, loudness: float = -14.0) -> None:
        who, how = speaker(rng, "female"), Delivery(loudness=loudness, pause=0.0)
        self._prompts = [speak(who, how, seconds, rng) for seconds in (1.3, 0.9, 1.1)]

    def prompt(self, number: int) -> Signal:
        """The prompt of this number in the conversation."""
        return self._prompts[number % len(self._prompts)]


def converse(
    interviewer: Interviewer,
    who: Speaker,
    how: Delivery,
    seconds: Sequence[float],
    rng: np.random.Generator,
    rate: int = 16000,
) -> tuple[Signal, list[Turn]]:
    """A conversation with answers of the lengths in ``seconds``, and its turns."""
    pieces: list[Signal] = []
    spoken: list[Turn] = []
    clock = 0.0

    def add(signal: Signal, role: Role | None) -> None:
        nonlocal clock
        pieces.append(signal)
        end = clock + len(signal) / rate
        if role is not None:
            spoken.append(Turn(role, clock, end))
        clock = end

    for number, length in enumerate(seconds):
        add(interviewer.prompt(number), "interviewer")
        add(room(float(rng.uniform(0.2, 0.5)), rng, rate), None)
        add(speak(who, how, length, rng, rate), "participant")
        add(room(float(rng.uniform(0.2, 0.4)), rng, rate), None)
    return np.concatenate(pieces), spoken


def room(seconds: float, rng: np.random.Generator, rate: int = 16000) -> Signal:
    """Room noise."""
    quiet = 1e-3 * rng.standard_normal(round(seconds * rate))
    return quiet.astype(np.float32)
