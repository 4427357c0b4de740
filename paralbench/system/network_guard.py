"""Attempts to reach the network from this process: noticed and refused.

An audit hook stays as long as the process; it is dormant outside :func:`refused`. Native code can
pass it by, Python code cannot.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_EVENTS = {
    "socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind",
    "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
}  # fmt: skip


@contextmanager
def refused() -> Iterator[list[str]]:
    """Refuse every attempt within, and list them."""
    tried: list[str] = []
    watches = _watches()
    watches.append(tried)
    try:
        yield tried
    finally:
        watches.pop()  # not remove(): another watch's list may be equal


@cache
def _watches() -> list[list[str]]:
    active: list[list[str]] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event in _EVENTS:
            active[-1].append(f"{event} {arguments[-1] if arguments else ''!r}"[:120])
            raise PermissionError(f"no network while a model is checked ({event})")

    sys.addaudithook(hook)
    return active
