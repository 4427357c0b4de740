"""From the hidden states of pieces to one record: what is kept of each, and how it is put together.

A piece is reduced as soon as it is encoded, on the thread that encoded it, to what its product
needs and no more; the parts of a clip are put together in their order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from paralbench.features.bins import Bins, binned, deviations
from paralbench.features.frames import Rebinned, Spool
from paralbench.features.pooling import Moments
from paralbench.features.precision import stored
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Values
from paralbench.features.windows import Windows
from paralbench.records.errors import UsageError
from paralbench.records.model_card import ModelCard

if TYPE_CHECKING:
    import torch

Part = Any
"""What is kept of a piece until its record is made; each kind of product has its own."""

Reducer = Callable[["torch.Tensor", float], Part]
"""Hidden states [kept layers, frames, width] of a piece, and where it starts in seconds."""


class Gatherer(Protocol):
    """Takes a clip's parts in order and gives its record's values and their count of frames."""

    def add(self, part: Part) -> None:
        """Add the next piece's part."""

    def values(self, seconds: float) -> tuple[Values, int]:
        """The record of so many seconds that were heard."""
        ...


def reduction(
    card: ModelCard, spec: FeatureSpec, scratch: Path | None = None
) -> tuple[Reducer, Callable[[], Gatherer]]:
    """How this product's parts are made, and what puts those of one clip together.

    Raises:
        UsageError: where the product asks for more frames a second than the model gives.
    """
    frame_rate = card.frame_rate
    if spec.kind == "pooled":
        return _moments, lambda: _Pooled(spec)
    if spec.kind == "windows":
        if frame_rate is None:
            return _mean, lambda: _Means(spec)
        return _deviations(frame_rate, spec.rate), lambda: _Windows(spec)
    if frame_rate is None or spec.rate in (0.0, frame_rate):
        return (
            lambda states, start: stored(states.numpy(force=True), spec.dtype),
            lambda: _Frames(spec, scratch),
        )
    if spec.rate > frame_rate:
        raise UsageError(
            f"model '{card.id}' gives {frame_rate:g} frames a second; {spec.rate:g} were asked for."
        )
    return _bins(frame_rate, spec.rate), lambda: _Rebinned(spec, scratch)


def _moments(states: torch.Tensor, start: float) -> Part:
    mean, spread = states.mean(1), states.std(1, correction=0)
    return states.shape[1], mean.numpy(force=True), spread.numpy(force=True)


def _mean(states: torch.Tensor, start: float) -> Part:
    return states.mean(1).numpy(force=True)


def _bins(frame_rate: float, rate: float) -> Reducer:
    return lambda states, start: binned(states.numpy(force=True), start, frame_rate, rate)


def _deviations(frame_rate: float, rate: float) -> Reducer:
    def part(states: torch.Tensor, start: float) -> Part:
        frames = states.numpy(force=True)
        bins = binned(frames, start, frame_rate, rate)
        return bins, deviations(frames, bins)

    return part


class _Pooled:
    def __init__(self, spec: FeatureSpec) -> None:
        self._dtype = spec.dtype
        self._moments = Moments()

    def add(self, part: Part) -> None:
        self._moments.add(*part)

    def values(self, seconds: float) -> tuple[Values, int]:
        return stored(self._moments.pooled(), self._dtype), self._moments.frames


class _Frames:
    def __init__(self, spec: FeatureSpec, scratch: Path | None) -> None:
        self._spool = Spool(spec.dtype, scratch)

    def add(self, part: Part) -> None:
        self._spool.add(part)

    def values(self, seconds: float) -> tuple[Values, int]:
        return self._spool.chunks(), self._spool.frames


class _Rebinned:
    def __init__(self, spec: FeatureSpec, scratch: Path | None) -> None:
        self._dtype = spec.dtype
        self._spool = Spool(spec.dtype, scratch)
        self._bins = Rebinned(spec.rate)

    def add(self, part: Bins) -> None:
        self._spool.add(stored(self._bins.add(part), self._dtype))

    def values(self, seconds: float) -> tuple[Values, int]:
        self._spool.add(stored(self._bins.last(), self._dtype))
        return self._spool.chunks(), self._spool.frames


class _Windows:
    def __init__(self, spec: FeatureSpec) -> None:
        self._product = spec
        self._windows = Windows(spec.rate, spec.window)

    def add(self, part: Part) -> None:
        self._windows.add(*part)

    def values(self, seconds: float) -> tuple[Values, int]:
        steps = math.ceil(seconds * self._product.rate - 1e-6)
        return stored(self._windows.pooled(steps), self._product.dtype), steps


class _Means:
    """Windows of a model that gives one frame a clip: each window was a piece of its own."""

    def __init__(self, spec: FeatureSpec) -> None:
        self._dtype = spec.dtype
        self._means: list[NDArray[np.float32]] = []

    def add(self, part: NDArray[np.float32]) -> None:
        self._means.append(part)

    def values(self, seconds: float) -> tuple[Values, int]:
        steps = len(self._means)
        means = np.stack(self._means, axis=1)
        pairs = np.stack([means, np.zeros_like(means)], axis=2)
        return stored(pairs.reshape(len(means), steps * 2, -1), self._dtype), steps
