"""A short sound and what the screener said of it: computed anew by whoever opens the bundle.

Hashes prove the weights. That code, packages and processor make the same of them, only computing it
shows: another release, runtime or instruction set may differ, and a score that was validated with one
means nothing with the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from paralbench.records.errors import BundleError
from paralbench.records.model_card import ModelCard
from paralbench.screening.bundle import Bundle
from paralbench.screening.deployed import Member, mean
from paralbench.screening.hearing import Hearing, pooled
from paralbench.screening.stretches import utterances

MEMBER = "proof.safetensors"
_SECONDS = 3.0
_TOLERANCE = {"fp32": 1e-3, "bf16": 2e-2}
"""Of the largest output, or of 1 where that is smaller."""


def made(card: ModelCard, hearing: Hearing, members: Sequence[Member]) -> bytes:
    """The member: the sound [samples] and the heads' mean answer to it."""
    sound = _sound(card.rate, min(_SECONDS, card.policy.window))
    return save({"sound": sound, "answer": _answer(sound, hearing, members)})


def check(bundle: Bundle, hearing: Hearing, members: Sequence[Member]) -> None:
    """Raise :class:`BundleError` where the screener here does not say what it said."""
    told = load(bundle.read(bundle.manifest.encoder.proof))
    if set(told) != {"sound", "answer"}:
        raise BundleError(f"{bundle.path}: its proof holds no 'sound' with an 'answer'.")
    found = _answer(told["sound"], hearing, members)
    placement = bundle.manifest.encoder.placement
    allowed = _TOLERANCE[placement.rpartition("-")[2]] * max(1.0, float(np.abs(found).max()))
    apart = float(np.abs(found - told["answer"]).max())
    if not apart <= allowed:
        raise BundleError(
            f"{bundle.path}: to the sound it was proved with it answers {apart:.2g} away from what it "
            f"said when it was made (allowed: {allowed:.2g}); encoder or packages here are not those "
            f"it was validated with; use paralbench {bundle.manifest.origin.paralbench}."
        )


def _sound(rate: int, seconds: float) -> NDArray[np.float32]:
    """A vowel-like buzz that rises and swells, and some noise: every band has something to say."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.7 * time)) / rate
    buzz = sum(np.sin(number * phase) / number for number in range(1, 20))
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * 2 * time)
    noise = np.random.default_rng(0).normal(size=len(time))
    sound: NDArray[np.float32] = (0.1 * swell * buzz + 0.01 * noise).astype(np.float32)
    return sound


def _answer(
    sound: NDArray[np.float32], hearing: Hearing, members: Sequence[Member]
) -> NDArray[np.float64]:
    windows = list(hearing.sound(sound))
    if windows[0].values is None:
        record = pooled(windows)
        values = record.reshape(len(record), 1, -1)
        return mean(one.answer([one.mix(values)]) for one in members)
    return mean(
        one.answer(
            utterances(
                windows, [one.mix(part.values) for part in windows if part.values is not None]
            )
        )
        for one in members
    )
