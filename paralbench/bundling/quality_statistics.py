"""Quality of the recordings a screener was trained on, measured as the gate measures new ones.

The gate's default limits are made for speech in a consulting room. Snores hold no speech, and telephone
recordings no sound above 4 kHz: a limit that the training recordings break is loosened until nearly
all of them pass, and the bundle says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.quality import measure
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.records.bundle import Reference
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example
from paralbench.records.quality import Quality
from paralbench.records.quality_limits import AtLeast, AtMost, QualityLimits
from paralbench.screener.quality_measures import limited

MOST = 200
"""The most recordings that are measured, evenly spread."""
_BROKEN = 0.05
"""A limit that a larger share of the recordings breaks is loosened."""
_REFUSED = 0.01
"""Share of the recordings that a loosened limit still refuses."""
_FEWEST = 20
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_COMPARED = ("level", "speech_level", "noise_ratio", "bandwidth", "silent")
_OF_LENGTH = ("seconds", "speech")


@dataclass(frozen=True)
class QualityStatistics:
    """Measures of recordings like those to come.

    ``one_clip_each`` is whether each example was one recording; lengths of examples with several
    clips say nothing about the recordings to come.
    """

    qualities: tuple[Quality, ...]
    one_clip_each: bool

    @classmethod
    def of(cls, examples: Sequence[Example]) -> QualityStatistics:
        """Measure one clip of each of :data:`MOST` examples; unreadable ones are left out."""
        step = max(1, len(examples) / MOST)
        chosen = [examples[int(place * step)] for place in range(min(MOST, len(examples)))]
        detector, qualities = VoiceActivity(), []
        for example in chosen:
            try:
                qualities.append(measure(example.clips[len(example.clips) // 2], detector))
            except ParalbenchError:
                continue  # the run refused it too, by name
        return cls(tuple(qualities), all(len(example.clips) == 1 for example in examples))

    def loosened(self, limits: QualityLimits) -> tuple[QualityLimits, list[str]]:
        """The limits, each as loose as these recordings need, and the names of those that changed."""
        changed: dict[str, object] = {}
        for name in QualityLimits.model_fields:
            limit = getattr(limits, name)
            if name != "longest" and isinstance(limit, AtLeast | AtMost):
                loose = _loosened(limit, [limited(quality, name) for quality in self.qualities])
                if loose != limit:
                    changed[name] = loose
        dead = np.mean([bool(quality.dead_channels) for quality in self.qualities] or [False])
        if dead > _BROKEN and limits.dead_channel == "refuse":
            changed["dead_channel"] = "warn"
        return limits.model_copy(update=changed), list(changed)

    def reference(self, distances: NDArray[np.float64]) -> Reference | None:
        """Quantiles of each measure and of the distances; None for too few recordings.

        Args:
            distances: embedding distances of the recordings, over the largest that is scored.
        """
        if len(self.qualities) < _FEWEST:
            return None
        samples = {"distance": distances}
        for name in (*_COMPARED, *(_OF_LENGTH if self.one_clip_each else ())):
            values = [getattr(quality, name) for quality in self.qualities]
            known = np.array([value for value in values if value is not None], float)
            if len(known) >= _FEWEST:
                samples[name] = known
        return Reference.model_validate({
            "recordings": len(self.qualities),
            "measures": {
                name: tuple(np.quantile(sample, _QUANTILES).tolist())
                for name, sample in samples.items()
            },
        })  # fmt: skip


def _loosened(limit: AtLeast | AtMost, values: Sequence[float | None]) -> AtLeast | AtMost:
    """``limit`` moved so far that at most :data:`_BROKEN` of the values break it."""
    # An upper limit is a lower one of the negated values.
    lower = isinstance(limit, AtLeast)
    sign = 1 if lower else -1
    known = [sign * value for value in values if value is not None]
    if lower and len(values) - len(known) > _BROKEN * len(values):
        return AtLeast()  # on recordings like these it often cannot be measured

    def bound(current: float | None, share: float) -> float | None:
        if current is None:
            return None
        if np.mean([value < sign * current for value in known] or [False]) <= _BROKEN:
            return current
        quantile = sign * float(np.quantile(known, share))
        if lower:
            return None if quantile <= 0 < current else min(current, quantile)
        return max(current, quantile)

    refuse, warn = bound(limit.refuse, _REFUSED), bound(limit.warn, _BROKEN)
    if refuse is not None and warn is not None:
        warn = sign * max(sign * warn, sign * refuse)
    return type(limit)(refuse=refuse, warn=warn)
