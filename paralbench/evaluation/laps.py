"""The seconds that each part of a run takes."""

from __future__ import annotations

import time


class Laps:
    """A stopwatch: each lap lasts from the end of the one before.

    >>> laps = Laps()
    >>> laps.end("extraction")
    >>> list(laps.seconds)
    ['extraction']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, name: str) -> None:
        """End a lap; laps of one name add up."""
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now
