"""A stopwatch for the parts of a run."""

from __future__ import annotations

import time


class Laps:
    """Seconds by part; each lap starts at the end of the previous one.

    >>> laps = Laps()
    >>> laps.end("extraction")
    >>> list(laps.seconds)
    ['extraction']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, name: str) -> None:
        """End a lap; laps of the same name are summed."""
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now
