"""What is examined: an encoder as it is loaded, its card, and audio to feed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from paralbench.audio.decoding import Waveform
from paralbench.encoders.encoder import Encoder
from paralbench.records.model_card import ModelCard


class Flaw(Exception):  # noqa: N818  # a finding, not an error of ours
    """What is wrong, in one sentence, and the number it came from."""

    def __init__(self, sentence: str, measured: float | None = None) -> None:
        super().__init__(sentence)
        self.measured = measured


class NotApplicable(Exception):  # noqa: N818
    """Why a check says nothing of this model."""


@dataclass(frozen=True)
class Subject:
    """An encoder under examination.

    Args:
        card: its card.
        load: loads it; called once, when first needed.
        weights: sha256 of its weights as they lie on disk now.
    """

    card: ModelCard
    load: Callable[[], Encoder]
    weights: Callable[[], str] = lambda: ""

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder, loaded."""
        return self.load()

    def encode(self, waveforms: Sequence[Waveform]) -> list[Tensor]:
        """Hidden states as the encoder gives them.

        Raises:
            Flaw: where it gives something else than one tensor a waveform.
        """
        states = list(self.encoder.encode(list(waveforms)))
        if len(states) != len(waveforms):
            raise Flaw(f"{len(waveforms)} waveforms came back as {len(states)} hidden states")
        for one in states:
            if not isinstance(one, Tensor):
                raise Flaw(f"hidden states are a {type(one).__name__}, expected a torch.Tensor")
        return states

    def one(self, waveform: Waveform) -> Tensor:
        """Hidden states of one waveform."""
        return self.encode([waveform])[0]

    def samples(self, seconds: float) -> int:
        """How many samples so many seconds are at the card's rate."""
        return round(seconds * self.card.rate)

    def audio(self, seconds: float, seed: int = 0) -> Waveform:
        """Something with the ups and downs of speech: bursts of harmonics in a little noise."""
        count = self.samples(seconds)
        rng = np.random.default_rng(seed)
        time = np.arange(count) / self.card.rate
        pitch = 120 + 30 * seed + 20 * np.sin(2 * np.pi * 0.7 * time + seed)
        phase = np.cumsum(2 * np.pi * pitch / self.card.rate)
        voice = np.sum([np.sin(order * phase) / order for order in range(1, 9)], axis=0)
        loud = np.clip(np.sin(2 * np.pi * 3.1 * time + rng.uniform(0, 6)), 0, 1)
        signal = 0.1 * loud * voice + rng.normal(0, 0.003, count)
        return signal.astype(np.float32)

    def modules(self) -> Iterator[nn.Module]:
        """The torch modules the encoder holds, as far as they can be reached by attributes."""
        seen: set[int] = set()
        queue: list[tuple[Any, int]] = [(self.encoder, 0)]
        while queue:
            thing, depth = queue.pop()
            if id(thing) in seen or depth > 3:
                continue
            seen.add(id(thing))
            if isinstance(thing, nn.Module):
                yield thing
                continue
            queue += [(part, depth + 1) for part in _parts(thing)]


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, (list, tuple)):
        return list(thing[:100])
    if isinstance(thing, dict):
        return list(thing.values())[:100]
    parts = list(getattr(thing, "__dict__", {}).values())
    closure = getattr(thing, "__closure__", None) or ()
    return parts + [cell.cell_contents for cell in closure if cell.cell_contents is not thing]


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference relative to the largest value; infinity where shapes differ."""
    if one.shape != other.shape:
        return float("inf")
    one, other = one.detach().double().cpu(), other.detach().double().cpu()
    if torch.isnan(one).any() or torch.isnan(other).any():
        return float("inf")
    return float((one - other).abs().max() / one.abs().max().clamp_min(1e-12))
