"""The self-check: a short sound and the screener's answer to it, computed again on opening.

Hashes prove the weights. Whether code, packages and processor compute the same from them, only a
computation shows: another release, runtime or instruction set may differ, and then the validation no
longer holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from paralbench.heads.deployable import Deployable
from paralbench.records.errors import BundleError
from paralbench.records.model_card import ModelCard
from paralbench.screener import answers
from paralbench.screener.bundle import Bundle
from paralbench.screener.windows import WindowReader, pooled

MEMBER = "proof.safetensors"
_SECONDS = 3.0
_TOLERANCE = {"fp32": 1e-3, "bf16": 2e-2}
"""Norm of the difference over the norm."""


def made(card: ModelCard, reader: WindowReader, heads: Sequence[Deployable]) -> bytes:
    """The member: the sound [samples], its pooled hidden states, and the mean answer of the heads."""
    # A buzz like a vowel that rises and swells, and some noise: no frequency band is empty.
    seconds = min(_SECONDS, card.policy.window)
    time = np.arange(round(seconds * card.rate)) / card.rate
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.7 * time)) / card.rate
    buzz = sum(np.sin(number * phase) / number for number in range(1, 20))
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * 2 * time)
    noise = np.random.default_rng(0).normal(size=len(time))
    sound = (0.1 * swell * buzz + 0.01 * noise).astype(np.float32)
    return save({"sound": sound, **_computed(sound, reader, heads)})


def check(
    bundle: Bundle, reader: WindowReader, heads: Sequence[Deployable], placement: str
) -> None:
    """Raise :class:`BundleError` where the screener computes something else on this machine.

    ``placement`` is the name of the one on which the encoder is computed here.
    """
    encoder = bundle.manifest.encoder
    recorded = load(bundle.read(encoder.proof))
    if set(recorded) != {"sound", "record", "answer"}:
        raise BundleError(
            f"{bundle.path}: expected sound, record and answer in its self-check, got "
            f"{', '.join(sorted(recorded)) or 'nothing'}."
        )
    computed = _computed(recorded["sound"], reader, heads)
    tolerance = _TOLERANCE[placement.rpartition("-")[2]]
    for name, title in (("record", "hidden states"), ("answer", "answer")):
        expected, values = recorded[name], computed[name]
        if expected.shape != values.shape:
            raise BundleError(
                f"{bundle.path}: expected {title} {list(expected.shape)} of the self-check's sound, "
                f"got {list(values.shape)}."
            )
        norm = max(float(np.linalg.norm(expected)), 1e-6)
        difference = float(np.linalg.norm(values - expected)) / norm
        if not difference <= tolerance:  # NaN is not either
            raise BundleError(
                f"{bundle.path}: in the self-check, its {title} differ by {difference:.1e} from those "
                f"computed when it was made (allowed: {tolerance:.0e}). Encoder or packages are not "
                f"those it was validated with; use paralbench {bundle.manifest.origin.paralbench}."
            )


def _computed(
    sound: NDArray[np.float32], reader: WindowReader, heads: Sequence[Deployable]
) -> dict[str, NDArray[np.floating]]:
    windows = list(reader.sound(sound))
    record = pooled(windows)
    frames = [window.values for window in windows if window.values is not None]
    if not frames:
        return {"record": record, "answer": answers.of_record(heads, record)}
    mixed = [[head.mix(values) for values in frames] for head in heads]
    answer = answers.of_frames(heads, windows, mixed)
    assert answer is not None
    return {"record": record, "answer": answer}
