"""An estimate of the disk and time that an extraction needs."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from paralbench.audio import decoding
from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard

NO_NUMBERS = "it estimates disk and time"

_TRIAL_SECONDS = 8.0

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Plan:
    """Number and seconds of all clips and of the missing ones; disk in bytes; time in seconds.

    ``products`` is the disk that each kind of record would take, by name.
    """

    clips: int
    seconds: float
    missing: int
    missing_seconds: float
    refused: int
    disk: int
    products: Mapping[str, int]
    time: float

    def json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Extent:
    """Number and seconds of all clips, the number of refused ones, and how many are missing from
    the store, by their seconds."""

    clips: int
    seconds: float
    refused: int
    missing: Counter[float]

    @classmethod
    def of(cls, clips: Mapping[bytes, Clip], store: FeatureStore) -> Extent:
        """Read the headers of all clips."""
        stored = store.keys()
        readable = lengths(clips)
        missing = Counter(seconds for key, seconds in readable.items() if key not in stored)
        return cls(len(clips), sum(readable.values()), len(clips) - len(readable), missing)


def plan(encoder: LoadableEncoder, spec: FeatureSpec, extent: Extent) -> Plan:
    """The cost of an extraction; the encoder is timed on a few seconds of noise."""
    card, missing = encoder.card, extent.missing
    disk = {
        choice: sum(count * choice.bytes(card, seconds) for seconds, count in missing.items())
        for choice in _choices(card, spec)
    }
    return Plan(
        clips=extent.clips,
        seconds=extent.seconds,
        missing=missing.total(),
        missing_seconds=sum(seconds * count for seconds, count in missing.items()),
        refused=extent.refused,
        disk=disk[spec],
        products={choice.name: size for choice, size in disk.items()},
        time=_time(encoder, _pieces(card, spec, missing)) if missing else 0.0,
    )


def lengths(clips: Mapping[Key, Clip]) -> dict[Key, float]:
    """Seconds of each readable clip; the header of a file with several clips is read once."""
    seconds: dict[Key, float] = {}
    headers: dict[Path, decoding.Header | None] = {}
    for key, clip in clips.items():
        try:
            if clip.path not in headers:
                headers[clip.path] = None
                headers[clip.path] = decoding.header(clip.path)
            header = headers[clip.path]
            if header is not None:
                seconds[key] = decoding.length(clip, header)
        except (Refused, OSError):
            continue
    return seconds


def _choices(card: ModelCard, spec: FeatureSpec) -> Iterable[FeatureSpec]:
    """The chosen spec, and others to compare it with."""
    chosen = dict.fromkeys([spec, FeatureSpec()])
    if card.frame_rate is not None:
        full = FeatureSpec("frames")
        last = full if card.layers == 1 else replace(full, layers="last")
        tenth = replace(full, rate=min(10.0, card.frame_rate))
        chosen |= dict.fromkeys([full, replace(full, dtype="bfloat16"), last, tenth])
    return chosen


def _pieces(card: ModelCard, spec: FeatureSpec, lengths: Counter[float]) -> Counter[float]:
    """Number of encoded waveforms by seconds; with one frame a clip, each window is encoded alone."""
    if spec.kind == "windows" and card.frame_rate is None:
        total = sum(seconds * count for seconds, count in lengths.items())
        return Counter({spec.window: round(total * spec.rate)})
    return lengths


def _time(encoder: LoadableEncoder, lengths: Counter[float]) -> float:
    """Seconds for all pieces, from start-up, cost a piece and cost a second of two trials."""
    began = time.perf_counter()
    loaded = encoder.load()
    start_up = time.perf_counter() - began
    long = min(_TRIAL_SECONDS, encoder.card.policy.window)
    short = long / 4
    noise = np.random.default_rng(0).normal(scale=0.05, size=round(long * encoder.card.rate))
    costs = []
    for seconds in (short, long):
        piece = noise[: round(seconds * encoder.card.rate)].astype(np.float32)
        loaded.encode([piece])
        began = time.perf_counter()
        loaded.encode([piece])
        costs.append(time.perf_counter() - began)
    a_second = max(costs[1] - costs[0], 0.0) / (long - short)
    a_clip = max(costs[0] - a_second * short, 0.0)
    busy = sum(count * (a_clip + a_second * seconds) for seconds, count in lengths.items())
    return start_up + busy / (os.cpu_count() or 1)
