"""The recordings a screener was trained on, measured as those will be that it is given.

Limits of the quality gate are made for speech in a consulting room. A screener of snores hears none,
one trained over the telephone hears no more than 4 kHz: a limit that its own recordings break is
loosened to what nearly all of them fulfil, and the card says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

MOST = 200
"""So many recordings are measured, spread evenly over all."""
_BROKEN = 0.05
"""A limit that a larger share of them breaks is loosened."""
_KEPT = 0.01
_FEWEST = 20
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Read = Callable[[Quality], float | None]
_LEAST: Mapping[str, Read] = {
    "seconds": lambda one: one.seconds,
    "speech": lambda one: one.speech,
    "rate": lambda one: one.rate,
    "bandwidth": lambda one: one.bandwidth,
    "level": lambda one: one.level if one.speech_level is None else one.speech_level,
    "noise_ratio": lambda one: one.noise_ratio,
}
_AT_MOST: Mapping[str, Read] = {
    "clipped": lambda one: one.clipped,
    "silent": lambda one: one.silent,
    "offset": lambda one: one.offset,
    "speaker_contrast": lambda one: one.speaker_contrast,
}
_COMPARED = ("level", "speech_level", "noise_ratio", "bandwidth", "silent")
_OF_LENGTH = ("seconds", "speech")


@dataclass(frozen=True)
class QualityStatistics:
    """What was measured of recordings like those to come.

    ``whole`` tells whether each was a recording of its own; where an example had many clips, lengths
    say nothing of the recordings to come.
    """

    qualities: tuple[Quality, ...]
    whole: bool

    @classmethod
    def of(cls, examples: Sequence[Example]) -> QualityStatistics:
        """Measure one clip of each of :data:`MOST` examples; what cannot be read is left out."""
        step = max(1, len(examples) / MOST)
        chosen = [examples[int(place * step)] for place in range(min(MOST, len(examples)))]
        detector, found = VoiceActivity(), []
        for example in chosen:
            try:
                found.append(measure(example.clips[len(example.clips) // 2], detector))
            except ParalbenchError:
                continue  # the run refused it too, by name
        return cls(tuple(found), all(len(one.clips) == 1 for one in examples))

    def loosened(self, limits: QualityLimits) -> tuple[QualityLimits, list[str]]:
        """The limits, each as loose as these recordings need, and the names of those that changed."""
        changed: dict[str, AtLeast | AtMost | str] = {}
        for name, read in _LEAST.items():
            changed[name] = _least(getattr(limits, name), self._values(read))
        for name, read in _AT_MOST.items():
            changed[name] = _most(getattr(limits, name), self._values(read))
        dead = np.mean([bool(one.dead_channels) for one in self.qualities] or [False])
        if dead > _BROKEN and limits.dead_channel == "refuse":
            changed["dead_channel"] = "warn"
        names = [name for name, limit in changed.items() if limit != getattr(limits, name)]
        return limits.model_copy(update={name: changed[name] for name in names}), names

    def reference(self, distances: NDArray[np.float64]) -> Reference | None:
        """How they were spread, with distances over the largest that is scored; None of too few."""
        if len(self.qualities) < _FEWEST:
            return None
        names = [*_COMPARED, *(_OF_LENGTH if self.whole else ())]
        measures = {"distance": _spread(distances)}
        for name in names:
            values = [
                getattr(one, name) for one in self.qualities if getattr(one, name) is not None
            ]
            if len(values) >= _FEWEST:
                measures[name] = _spread(np.array(values, float))
        return Reference(recordings=len(self.qualities), measures=measures)

    def _values(self, read: Read) -> list[float | None]:
        return [read(one) for one in self.qualities]


def _least(limit: AtLeast, values: Sequence[float | None]) -> AtLeast:
    known = [value for value in values if value is not None]
    if len(values) - len(known) > _BROKEN * len(values):
        return AtLeast()  # on recordings like these it often cannot be measured

    def bound(asked: float | None, share: float) -> float | None:
        if asked is None or np.mean([value < asked for value in known] or [False]) <= _BROKEN:
            return asked
        kept = float(np.quantile(known, share))
        return None if kept <= 0 < asked else min(asked, kept)

    refuse, warn = bound(limit.refuse, _KEPT), bound(limit.warn, _BROKEN)
    if refuse is not None and warn is not None:
        warn = max(warn, refuse)
    return AtLeast(refuse=refuse, warn=warn)


def _most(limit: AtMost, values: Sequence[float | None]) -> AtMost:
    known = [value for value in values if value is not None]

    def bound(asked: float | None, share: float) -> float | None:
        if asked is None or np.mean([value > asked for value in known] or [False]) <= _BROKEN:
            return asked
        return max(asked, float(np.quantile(known, 1 - share)))

    refuse, warn = bound(limit.refuse, _KEPT), bound(limit.warn, _BROKEN)
    if refuse is not None and warn is not None:
        warn = min(warn, refuse)
    return AtMost(refuse=refuse, warn=warn)


def _spread(values: NDArray[np.float64]) -> tuple[float, float, float, float, float]:
    low, lower, middle, upper, high = np.quantile(values, _QUANTILES).tolist()
    return low, lower, middle, upper, high
