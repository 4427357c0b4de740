"""A test clip under a condition, in place of the clip where a model encodes it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from paralbench.audio import decoding
from paralbench.audio.conditions import conditions
from paralbench.audio.pieces import Waveform
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

RATE = 16000
"""Conditions are applied at this rate, for every model alike; a model of a higher rate gets no more."""
_VOICE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class DegradedClip(Clip):
    """A clip under a condition.

    Args:
        condition: its name.
        key: names the clip by its content; it seeds the condition.
        others: clips of other speakers to mix in.
    """

    condition: str = ""
    key: bytes = b""
    others: tuple[Clip, ...] = ()

    def waveforms(self, rate: int) -> Iterator[Waveform]:
        """The degraded audio at ``rate`` Hz; raises :class:`Refused` as decoding does."""
        clean = _decoded(self)
        seed = hashlib.sha256(self.key + self.condition.encode()).digest()
        rng = np.random.default_rng(list(seed))
        others = [_voice(clip) for clip in self.others]
        waveform = conditions()[self.condition].apply(clean, rng, others)
        if not np.isfinite(waveform).all():
            raise Refused(f"the condition '{self.condition}' gave NaN or infinity")
        return decoding.resampled(iter([waveform]), RATE, rate)


def degraded_key(key: bytes, others: tuple[bytes, ...]) -> bytes:
    """The key of a degraded clip: the clip's own where nothing of other clips is mixed in."""
    return hashlib.sha256(key + b"".join(others)).digest()[:16] if others else key


@lru_cache(maxsize=128)
def _voice(clip: Clip) -> Waveform:
    """The beginning of another speaker's clip; a clip disturbs many."""
    return _decoded(clip, _VOICE_SECONDS)


def _decoded(clip: Clip, seconds: float = math.inf) -> Waveform:
    plain = Clip(clip.path, clip.start, clip.end, clip.channel)
    blocks: list[Waveform] = []
    count = 0
    for block in decoding.waveforms(plain, RATE):
        blocks.append(block)
        count += len(block)
        if count >= seconds * RATE:
            break
    decoded = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return decoded if math.isinf(seconds) else decoded[: round(seconds * RATE)]
