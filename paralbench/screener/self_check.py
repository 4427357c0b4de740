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
from paralbench.screener.bundle import Bundle
from paralbench.screener.deployed import Member, mean
from paralbench.screener.stretches import utterances
from paralbench.screener.windows import WindowReader, pooled

MEMBER = "proof.safetensors"
_SECONDS = 3.0
_TOLERANCE = {"fp32": 1e-3, "bf16": 2e-2}
"""Norm of the difference over the norm."""


def made(card: ModelCard, reader: WindowReader, members: Sequence[Member]) -> bytes:
    """The member: the sound [samples], its pooled hidden states, and the heads' mean answer."""
    sound = _sound(card.rate, min(_SECONDS, card.policy.window))
    record, answer = _said(sound, reader, members)
    return save({"sound": sound, "record": record, "answer": answer})


def check(bundle: Bundle, reader: WindowReader, members: Sequence[Member]) -> None:
    """Raise :class:`BundleError` where the screener here does not say what it said."""
    manifest = bundle.manifest
    told = load(bundle.read(manifest.encoder.proof))
    if set(told) != {"sound", "record", "answer"}:
        raise BundleError(f"{bundle.path}: its proof holds no sound with what was said of it.")
    record, answer = _said(told["sound"], reader, members)
    allowed = _TOLERANCE[manifest.encoder.placement.rpartition("-")[2]]
    for what, then, now in (
        ("hidden states", told["record"], record),
        ("answer", told["answer"], answer),
    ):
        if then.shape != now.shape:
            raise BundleError(
                f"{bundle.path}: expected {what} {list(then.shape)} of the sound it was proved with, "
                f"got {list(now.shape)}."
            )
        apart = float(np.linalg.norm(now - then) / max(float(np.linalg.norm(then)), 1e-6))
        if not apart <= allowed:
            raise BundleError(
                f"{bundle.path}: of the sound it was proved with, its {what} are here {apart:.1e} away "
                f"from what they were when it was made (allowed: {allowed:.0e}); encoder or packages "
                f"are not those it was validated with; use paralbench {manifest.origin.paralbench}."
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


def _said(
    sound: NDArray[np.float32], reader: WindowReader, members: Sequence[Member]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    windows = list(reader.sound(sound))
    record = pooled(windows)
    if windows[0].values is None:
        return record, mean(one.answer([one.mix(record)]) for one in members)
    heard = [part.values for part in windows if part.values is not None]
    answers = (
        one.answer(utterances(windows, [one.mix(values) for values in heard])) for one in members
    )
    return record, mean(answers)
