"""Progress of long work: a bar on a terminal or in a notebook, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

_LINE_EVERY = 10.0
_silent = False


def silence(silent: bool) -> None:
    """Show no progress of anything in this process, or show it again."""
    global _silent
    _silent = silent


class Progress:
    """Counts ``total`` steps of ``unit`` under a title; writes to standard error.

    Use as a context manager and call :meth:`step` from one thread.
    """

    def __init__(self, title: str, total: int, unit: str, quiet: bool = False) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._quiet = quiet or _silent or total == 0
        self._done = 0
        self._began = self._reported = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and (_notebook() or sys.stderr.isatty()):
            if _notebook():
                from tqdm.notebook import tqdm
            else:
                from tqdm import tqdm

            self._bar = tqdm(total=self._total, desc=self._title, unit=self._unit, leave=False)
        return self

    def step(self) -> None:
        """Count one step."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        elif not self._quiet and time.monotonic() - self._reported > _LINE_EVERY:
            self._reported = time.monotonic()
            rate = self._done / (self._reported - self._began)
            left = (self._total - self._done) / rate
            self._line(f"{self._done}/{self._total}, {rate:.1f} {self._unit}/s, {left:.0f} s left")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if not self._quiet and kind is None:
            self._line(f"{self._done} {self._unit}, {time.monotonic() - self._began:.1f} s")

    def _line(self, message: str) -> None:
        print(f"{self._title}: {message}", file=sys.stderr, flush=True)


def _notebook() -> bool:
    """Whether this process is a notebook's kernel that can draw a bar."""
    return "ipykernel" in sys.modules and find_spec("ipywidgets") is not None
