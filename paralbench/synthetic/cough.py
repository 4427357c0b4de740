"""Coughs, sneezes, sniffles and other sounds of the airways, as bursts of shaped noise.

A cough is an explosive burst, a turbulent decay and often a voiced end (Korpáš et al., 1996); the
others differ in band, onset and voicing. They are caricatures of the sounds, not models.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from paralbench.synthetic.voice import Delivery, Signal, speak, speaker

Rough = NDArray[np.float64]


def airway_sound(
    kind: str, seconds: float, rng: np.random.Generator, rate: int = 16000, noise: float = 0.01
) -> Signal:
    """``seconds`` with a sound of this ``kind`` (a key of :data:`KINDS`) over room noise.

    Its level varies as with the distance to a microphone; some sounds are masked by the noise.
    """
    count = round(seconds * rate)
    sound = KINDS[kind](count, rng, rate)
    peak = np.abs(sound).max()
    level = float(np.exp(rng.normal(0, 1.0))) * _LEVELS.get(kind, 0.3)
    scaled = sound * (level / peak if peak else 0.0) + noise * rng.standard_normal(count)
    return np.clip(scaled, -1, 1).astype(np.float32)


def _cough(count: int, rng: np.random.Generator, rate: int) -> Rough:
    sound = np.zeros(count)
    at = 0
    while at < count:
        length = min(round(float(rng.uniform(0.25, 0.4)) * rate), count - at)
        burst = _band(rng, length, 400, 3200, rate) * _decay(length, 0.06, rate)
        voiced = np.sign(np.sin(2 * np.pi * rng.uniform(180, 320) * np.arange(length) / rate))
        sound[at : at + length] = burst + 0.1 * voiced * _decay(length, 0.12, rate)
        at += length + round(float(rng.uniform(0.05, 0.2)) * rate)
    return sound


def _sneeze(count: int, rng: np.random.Generator, rate: int) -> Rough:
    inhaled = count // 2
    breath = 0.12 * _band(rng, inhaled, 800, 2500, rate) * np.linspace(0, 1, inhaled)
    burst = _band(rng, count - inhaled, 2500, 7000, rate) * _decay(count - inhaled, 0.15, rate)
    return np.concatenate([breath, burst])


def _sniffle(count: int, rng: np.random.Generator, rate: int) -> Rough:
    pulses = np.clip(np.sin(2 * np.pi * rng.uniform(2.5, 4) * np.arange(count) / rate), 0, 1)
    sound: Rough = _band(rng, count, 3500, 6500, rate) * pulses
    return sound


def _gasp(count: int, rng: np.random.Generator, rate: int) -> Rough:
    return _band(rng, count, 1000, 3500, rate) * np.linspace(0, 1, count) ** 3


def _breathe(count: int, rng: np.random.Generator, rate: int) -> Rough:
    swell: Rough = np.sin(np.pi * np.arange(count) / count) ** 2
    return _band(rng, count, 300, 1200, rate) * swell


def _clear_throat(count: int, rng: np.random.Generator, rate: int) -> Rough:
    # Irregular pulses of a growl.
    steps = rng.normal(1, 0.25, count) * rng.uniform(60, 90) / rate
    growl = np.diff(np.floor(np.cumsum(steps)), prepend=0.0)
    low = sosfilt(butter(2, 900, fs=rate, output="sos"), growl)
    hoarse: Rough = low / (np.abs(low).max() + 1e-9) + 0.05 * _band(rng, count, 300, 2000, rate)
    return hoarse


def _speech(count: int, rng: np.random.Generator, rate: int) -> Rough:
    who = speaker(rng, "female" if rng.random() < 0.5 else "male")
    return speak(who, Delivery(), count / rate, rng, rate).astype(np.float64)


def _silence(count: int, rng: np.random.Generator, rate: int) -> Rough:
    return np.zeros(count)


def _other(count: int, rng: np.random.Generator, rate: int) -> Rough:
    """A tune, which is no airway sound."""
    notes = 440 * 2 ** (rng.integers(0, 12, size=count // (rate // 5) + 1) / 12)
    phase = np.cumsum(np.repeat(notes, rate // 5)[:count]) / rate
    tune: Rough = np.sin(2 * np.pi * phase) + 0.4 * np.sin(4 * np.pi * phase)
    return tune


def _band(rng: np.random.Generator, count: int, low: float, high: float, rate: int) -> Rough:
    noise: Rough = sosfilt(
        butter(2, (low, high), "bandpass", fs=rate, output="sos"), rng.standard_normal(count)
    )
    return noise


def _decay(count: int, seconds: float, rate: int) -> Rough:
    shape: Rough = np.exp(-np.arange(count) / (seconds * rate))
    return shape


KINDS: dict[str, Callable[[int, np.random.Generator, int], Rough]] = {
    "cough": _cough,
    "sneeze": _sneeze,
    "sniffle": _sniffle,
    "gasp": _gasp,
    "breathe": _breathe,
    "throat-clearing": _clear_throat,
    "speech": _speech,
    "silence": _silence,
    "etc": _other,
}
"""The generator of each kind of sound: (samples, rng, rate) -> samples, at any level."""

_LEVELS = {"cough": 0.6, "sneeze": 0.7, "sniffle": 0.12, "gasp": 0.2, "breathe": 0.06, "etc": 0.25}
