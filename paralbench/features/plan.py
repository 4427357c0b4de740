"""What an extraction would cost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Plan:
    """Clips and seconds of audio in all and still to do; disk in bytes; time in seconds.

    ``products`` is the disk that each kind of record would take, the chosen one (``disk``) or not.
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
        """Its fields as JSON has them."""
        return asdict(self)


def plan(encoder: LoadableEncoder, clips: Mapping[bytes, Clip], store: FeatureStore) -> Plan:
    """Read the headers of all clips, and time the encoder on a few seconds of noise."""
    stored = store.keys()
    lengths = _lengths(clips)
    missing = {key: seconds for key, seconds in lengths.items() if key not in stored}
    spec, card = store.key.spec, encoder.card
    return Plan(
        clips=len(clips),
        seconds=sum(lengths.values()),
        missing=len(missing),
        missing_seconds=sum(missing.values()),
        refused=len(clips) - len(lengths),
        disk=_disk(card, spec, missing.values()),
        products={
            choice.name: _disk(card, choice, missing.values()) for choice in _choices(card, spec)
        },
        time=_time(encoder, _pieces(card, spec, list(missing.values()))) if missing else 0.0,
    )


def _lengths(clips: Mapping[bytes, Clip]) -> dict[bytes, float]:
    """Seconds of each clip that can be read. A file's header is read once, however often it is cut."""
    lengths: dict[bytes, float] = {}
    headers: dict[Path, decoding.Header | None] = {}
    for key, clip in clips.items():
        try:
            if clip.path not in headers:
                headers[clip.path] = None
                headers[clip.path] = decoding.header(clip.path)
            known = headers[clip.path]
            if known is not None:
                lengths[key] = decoding.length(clip, known)
        except Refused:
            continue
    return lengths


def _choices(card: ModelCard, spec: FeatureSpec) -> Iterator[FeatureSpec]:
    """The chosen spec, and others to weigh it against."""
    chosen = dict.fromkeys([spec, FeatureSpec()])
    if card.frame_rate is not None:
        full = FeatureSpec("frames")
        last = full if card.layers == 1 else replace(full, layers="last")
        tenth = replace(full, rate=min(10.0, card.frame_rate))
        chosen |= dict.fromkeys([full, replace(full, dtype="bfloat16"), last, tenth])
    yield from chosen


def _disk(card: ModelCard, spec: FeatureSpec, lengths: Iterable[float]) -> int:
    return sum(spec.bytes(card, seconds) for seconds in lengths)


def _pieces(card: ModelCard, spec: FeatureSpec, lengths: list[float]) -> list[float]:
    """Seconds of each waveform that will be encoded. With one frame a clip, each window is one."""
    if spec.kind == "windows" and card.frame_rate is None:
        return [spec.window] * round(sum(lengths) * spec.rate)
    return lengths


def _time(encoder: LoadableEncoder, lengths: list[float]) -> float:
    """Fit start-up, cost a clip and cost a second on two trials, and add up over the clips."""
    began = time.perf_counter()
    loaded = encoder.load()
    start_up = time.perf_counter() - began
    # Never longer than the window: no encoder is promised more than that.
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
    busy = sum(a_clip + a_second * seconds for seconds in lengths)
    return start_up + busy / (os.cpu_count() or 1)
