"""The encoder under examination, and the outcomes of a check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from paralbench.encoders.encoder import Encoder, Waveform
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.synthetic import voice
from paralbench.system.network_guard import refused
from paralbench.system.third_party_code import third_party

CHECKED = "while a model is checked"
TOLERANCE = 1e-4
"""Largest difference, in deviations of the states, that counts as the same output."""


class Failure(ParalbenchError):  # noqa: N818
    """A check failed; ``measured`` is by how much."""

    def __init__(self, sentence: str, measured: float | None = None) -> None:
        super().__init__(sentence)
        self.measured = measured


class NotLoaded(ParalbenchError):  # noqa: N818
    """The encoder cannot be loaded."""


class NotApplicable(ParalbenchError):  # noqa: N818
    """The model or machine lacks what a check examines."""


@dataclass(frozen=True)
class Subject:
    """An encoder's card, its loader and, where it has some, its weights.

    ``again`` encodes :meth:`reference` in a fresh process. ``attempts`` are the network accesses
    that loading tried.
    """

    card: ModelCard
    load: Callable[[], Encoder]
    weights: Path | None = None
    again: Callable[[], NDArray[np.float32]] | None = None
    attempts: list[str] = field(default_factory=list)

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder that the checks share.

        Raises:
            NotLoaded: where it cannot be loaded.
        """
        with refused(CHECKED) as attempts:
            try:
                with third_party("it"):
                    return self.load()
            except (ParalbenchError, ModuleNotFoundError) as error:
                sentence = network_sentence(attempts) if attempts else str(error)
                raise NotLoaded(sentence or type(error).__name__) from error
            finally:
                self.attempts.extend(attempts)

    @cached_property
    def states(self) -> torch.Tensor:
        """The hidden states of :meth:`reference`, for checks that only look at them."""
        (states,) = self.encode(self.reference())
        assert isinstance(states, torch.Tensor)
        return states

    def encode(self, *waveforms: Waveform) -> list[Any]:
        """Hidden states of one batch.

        Raises:
            Failure: where it raises, or does not return one tensor of three axes for each waveform.
        """
        try:
            with third_party("encode"):
                states = list(self.encoder.encode([waveform.copy() for waveform in waveforms]))
        except ParalbenchError as error:
            lengths = ", ".join(f"{len(samples) / self.card.rate:.3f} s" for samples in waveforms)
            raise Failure(f"For {lengths} of audio, {error}") from error
        if len(states) != len(waveforms):
            raise Failure(
                f"Expected {len(waveforms)} outputs of encode(), one for each waveform, got "
                f"{len(states)}."
            )
        for output in states:
            tensor = isinstance(output, torch.Tensor)
            if not tensor or output.ndim != 3:
                raise Failure(
                    f"For each waveform a torch.Tensor [layers, frames, width] is expected, encode() "
                    f"returned {list(output.shape) if tensor else type(output).__name__}."
                )
        return states

    def speech(self, seconds: float, seed: int = 0) -> Waveform:
        """A generated voice, ``seconds`` long; it repeats after 20 seconds."""
        rate = self.card.rate
        return np.resize(_voice(min(seconds, 20.0), seed, rate), round(seconds * rate))

    def reference(self) -> Waveform:
        """The waveform that every process encodes."""
        return self.speech(self.length(2.0), seed=7)

    def length(self, seconds: float) -> float:
        """``seconds``, or the nearest length that the card's policy allows."""
        policy = self.card.policy
        return min(max(seconds, policy.shortest), policy.window)


@cache
def _voice(seconds: float, seed: int, rate: int) -> Waveform:
    rng = np.random.default_rng(seed)
    speaker = voice.speaker(rng, "female" if seed % 2 else "male")
    return voice.speak(speaker, voice.Delivery(), seconds, rng, rate).astype(np.float32)


def network_sentence(attempts: list[str]) -> str:
    """The sentence for an encoder that tried the network, with the remedy."""
    return (
        f"It tried the network {len(attempts)} times, first with {attempts[0]}. Put the weights "
        f"into a folder and name it under [[weights]] or with --weights."
    )


def difference(states: torch.Tensor, others: torch.Tensor) -> float:
    """Largest difference of two hidden states in deviations of the first; infinite where their
    shapes differ or a number is not finite."""
    if states.shape != others.shape or not (states.isfinite().all() and others.isfinite().all()):
        return float("inf")
    if not states.numel():
        return 0.0
    a, b = states.detach().double(), others.detach().double()
    return float((a - b).abs().max() / max(float(a.std(correction=0)), 1e-8))
