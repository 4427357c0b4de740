"""The encoder under examination, and what a check says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from paralbench.encoders.encoder import Encoder, Waveform
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.synthetic import voice
from paralbench.system.foreign_code import foreign

TOLERANCE = 1e-4
"""Largest difference, in deviations of the states, that counts as the same output."""


class Failure(ParalbenchError):  # noqa: N818
    """A check that failed: the sentence, and by how much."""

    def __init__(self, sentence: str, measured: float | None = None) -> None:
        super().__init__(sentence)
        self.measured = measured


class NotApplicable(ParalbenchError):  # noqa: N818
    """A check that asks for what this model or machine does not have."""


@dataclass(frozen=True)
class Subject:
    """What is examined: the card, how to load the encoder, and, where they are a file, its weights.

    ``again`` encodes :meth:`reference` in a fresh process; ``long`` is the long recording's
    length in seconds.
    """

    card: ModelCard
    load: Callable[[], Encoder]
    weights: Path | None = None
    again: Callable[[], NDArray[np.float32]] | None = None
    long: float = 600.0

    @cached_property
    def encoder(self) -> Encoder:
        """Loaded once for all checks that do not need it fresh."""
        return self.load()

    def encode(self, *waveforms: Waveform, encoder: Encoder | None = None) -> list[Any]:
        """What the encoder returns for one batch, its shape as declared.

        Raises:
            Failure: where it raises, returns something else, or not one for each waveform.
        """
        chosen = self.encoder if encoder is None else encoder
        try:
            with foreign("encode"):
                states = list(chosen.encode([waveform.copy() for waveform in waveforms]))
        except ParalbenchError as error:
            lengths = ", ".join(f"{len(w) / self.card.rate:.3f} s" for w in waveforms)
            raise Failure(f"For {lengths} of audio, {error}") from error
        if len(states) != len(waveforms):
            raise Failure(
                f"encode() returned {len(states)} outputs for {len(waveforms)} waveforms; one for "
                f"each is expected."
            )
        for one in states:
            if not isinstance(one, torch.Tensor) or one.ndim != 3:
                got = list(one.shape) if isinstance(one, torch.Tensor) else type(one).__name__
                raise Failure(
                    f"For each waveform a torch.Tensor [layers, frames, width] is expected, "
                    f"encode() returned {got}."
                )
        return states

    def speech(self, seconds: float, seed: int = 0) -> Waveform:
        """A voice, ``seconds`` long; what is longer than 20 seconds repeats."""
        rng = np.random.default_rng(seed)
        who = voice.speaker(rng, "female" if seed % 2 else "male")
        rate = self.card.rate
        spoken = voice.speak(who, voice.Delivery(), min(seconds, 20.0), rng, rate)
        return np.resize(spoken, round(seconds * rate)).astype(np.float32)

    def reference(self) -> Waveform:
        """The waveform that every process encodes."""
        return self.speech(self.length(2.0), seed=7)

    def length(self, seconds: float) -> float:
        """``seconds``, or what the card's policy allows."""
        policy = self.card.policy
        return min(max(seconds, policy.shortest), policy.window)


def difference(one: torch.Tensor, other: torch.Tensor) -> float:
    """Largest difference of two hidden states in deviations of the first; infinite where their
    shapes differ or one is not finite."""
    if one.shape != other.shape or not (one.isfinite().all() and other.isfinite().all()):
        return float("inf")
    if not one.numel():
        return 0.0
    a, b = one.detach().double(), other.detach().double()
    return float((a - b).abs().max() / max(float(a.std(correction=0)), 1e-8))
